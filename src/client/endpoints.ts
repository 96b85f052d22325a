/**
 * Every operation of the server, by name. Made from the operations themselves by
 * `deno task client:endpoints`; a test fails when it is out of date.
 */
import type * as adminChatsOperations from "../api/operations/admin_chats.ts";
import type * as adminMessagesOperations from "../api/operations/admin_messages.ts";
import type * as adminPeopleOperations from "../api/operations/admin_people.ts";
import type * as adminStatisticsOperations from "../api/operations/admin_statistics.ts";
import type * as apiKeysOperations from "../api/operations/api_keys.ts";
import type * as auditOperations from "../api/operations/audit.ts";
import type * as authOperations from "../api/operations/auth.ts";
import type * as blocksOperations from "../api/operations/blocks.ts";
import type * as botsOperations from "../api/operations/bots.ts";
import type * as callsOperations from "../api/operations/calls.ts";
import type * as chatsOperations from "../api/operations/chats.ts";
import type * as contactsOperations from "../api/operations/contacts.ts";
import type * as credentialsOperations from "../api/operations/credentials.ts";
import type * as encryptionOperations from "../api/operations/encryption.ts";
import type * as filtersOperations from "../api/operations/filters.ts";
import type * as historyBackupOperations from "../api/operations/history_backup.ts";
import type * as mediaOperations from "../api/operations/media.ts";
import type * as messagesOperations from "../api/operations/messages.ts";
import type * as moderationOperations from "../api/operations/moderation.ts";
import type * as notificationsOperations from "../api/operations/notifications.ts";
import type * as ownUsersOperations from "../api/operations/own_users.ts";
import type * as providersOperations from "../api/operations/providers.ts";
import type * as realtimeOperations from "../api/operations/realtime.ts";
import type * as secondFactorOperations from "../api/operations/second_factor.ts";
import type * as sessionsOperations from "../api/operations/sessions.ts";
import type * as usersOperations from "../api/operations/users.ts";
import type * as webhooksOperations from "../api/operations/webhooks.ts";

export interface DeclaredOperations {
  "admin.chat": typeof adminChatsOperations.getAnyChat;
  "admin.chats": typeof adminChatsOperations.listAllChats;
  "admin.createWebhook": typeof webhooksOperations.createWebhook;
  "admin.deleteMessage": typeof adminMessagesOperations.removeMessage;
  "admin.deleteMessageHook": typeof filtersOperations.deleteMessageHook;
  "admin.deleteWebhook": typeof webhooksOperations.deleteWebhook;
  "admin.endSessions": typeof moderationOperations.endUserSessions;
  "admin.filters": typeof filtersOperations.getFilters;
  "admin.freezeChat": typeof adminChatsOperations.freezeChat;
  "admin.messageContext": typeof adminMessagesOperations.readMessageContext;
  "admin.messageHook": typeof filtersOperations.getMessageHook;
  "admin.messages": typeof adminMessagesOperations.listAllMessages;
  "admin.redeliverFailedWebhooks": typeof webhooksOperations.redeliverFailed;
  "admin.redeliverWebhook": typeof webhooksOperations.redeliver;
  "admin.removeMember": typeof adminChatsOperations.expelMember;
  "admin.reports": typeof moderationOperations.listReports;
  "admin.resolveReport": typeof moderationOperations.resolveReport;
  "admin.rotateWebhookSecret": typeof webhooksOperations.rotateWebhookSecret;
  "admin.setFilters": typeof filtersOperations.setFilters;
  "admin.setMessageHook": typeof filtersOperations.setMessageHook;
  "admin.shadow": typeof adminPeopleOperations.shadowUser;
  "admin.statistics": typeof adminStatisticsOperations.readStatistics;
  "admin.suspend": typeof moderationOperations.suspendUser;
  "admin.testWebhook": typeof webhooksOperations.testWebhook;
  "admin.unsuspend": typeof moderationOperations.unsuspendUser;
  "admin.updateWebhook": typeof webhooksOperations.updateWebhook;
  "admin.user": typeof adminPeopleOperations.getAnyUser;
  "admin.users": typeof adminPeopleOperations.listAllUsers;
  "admin.webhook": typeof webhooksOperations.getWebhook;
  "admin.webhookDeliveries": typeof webhooksOperations.listDeliveries;
  "admin.webhooks": typeof webhooksOperations.listWebhooks;
  "apiKey.create": typeof apiKeysOperations.createApiKey;
  "apiKey.end": typeof apiKeysOperations.endApiKey;
  "apiKey.list": typeof apiKeysOperations.listApiKeys;
  "apiKey.rotate": typeof apiKeysOperations.rotateApiKey;
  "audit.all": typeof auditOperations.adminAudit;
  "audit.group": typeof auditOperations.groupAudit;
  "audit.own": typeof auditOperations.ownAudit;
  "auth.askVerification": typeof credentialsOperations.askVerification;
  "auth.changeEmail": typeof credentialsOperations.changeEmail;
  "auth.changePassword": typeof credentialsOperations.changePassword;
  "auth.changeUsername": typeof credentialsOperations.changeUsername;
  "auth.confirmEmailChange": typeof credentialsOperations.confirmEmailChange;
  "auth.facebook": typeof providersOperations.facebook;
  "auth.forgotPassword": typeof credentialsOperations.forgotPassword;
  "auth.google": typeof providersOperations.google;
  "auth.identities": typeof providersOperations.listIdentities;
  "auth.link": typeof providersOperations.linkIdentity;
  "auth.login": typeof authOperations.login;
  "auth.logout": typeof authOperations.logout;
  "auth.oauthStart": typeof providersOperations.startOAuth;
  "auth.oidc": typeof providersOperations.oidc;
  "auth.providers": typeof providersOperations.listProviders;
  "auth.reauthenticate": typeof credentialsOperations.reauthenticate;
  "auth.refresh": typeof authOperations.refreshToken;
  "auth.register": typeof authOperations.register;
  "auth.resetPassword": typeof credentialsOperations.resetPassword;
  "auth.undoEmailChange": typeof credentialsOperations.undoEmailChange;
  "auth.unlink": typeof providersOperations.unlinkIdentity;
  "auth.verifyEmail": typeof credentialsOperations.verifyEmail;
  "bot.create": typeof botsOperations.createBot;
  "bot.end": typeof botsOperations.endBot;
  "bot.list": typeof botsOperations.listBots;
  "bot.rotate": typeof botsOperations.rotateBot;
  "bot.setCommands": typeof botsOperations.setCommands;
  "bot.signIn": typeof botsOperations.signInBot;
  "call.end": typeof callsOperations.endCall;
  "call.join": typeof callsOperations.joinCall;
  "call.start": typeof callsOperations.startCall;
  "chat.changes": typeof chatsOperations.getChanges;
  "chat.commands": typeof botsOperations.listCommands;
  "chat.delivered": typeof chatsOperations.markDelivered;
  "chat.get": typeof chatsOperations.getChat;
  "chat.inbox": typeof chatsOperations.listChats;
  "chat.notifications": typeof notificationsOperations.getChatNotifications;
  "chat.notify": typeof notificationsOperations.changeChatNotifications;
  "chat.open": typeof chatsOperations.openDirectChat;
  "chat.read": typeof chatsOperations.markRead;
  "chat.update": typeof chatsOperations.updateChat;
  "contact.change": typeof contactsOperations.changeContactSettings;
  "contact.settings": typeof contactsOperations.getContactSettings;
  "device.list": typeof encryptionOperations.listDevices;
  "device.ofChat": typeof encryptionOperations.listChatDevices;
  "device.register": typeof encryptionOperations.registerDevice;
  "device.remove": typeof encryptionOperations.removeDevice;
  "event.send": typeof realtimeOperations.sendEvent;
  "group.add": typeof chatsOperations.addMembers;
  "group.create": typeof chatsOperations.createGroup;
  "group.get": typeof chatsOperations.getGroup;
  "group.invite": typeof contactsOperations.inviteToGroup;
  "group.list": typeof chatsOperations.listGroups;
  "group.remove": typeof chatsOperations.removeMember;
  "group.role": typeof chatsOperations.setRole;
  "group.update": typeof chatsOperations.updateGroup;
  "historyBackup.begin": typeof historyBackupOperations.beginHistoryBackup;
  "historyBackup.get": typeof historyBackupOperations.getHistoryBackup;
  "historyBackup.parts": typeof historyBackupOperations.listHistoryBackupParts;
  "historyBackup.put": typeof historyBackupOperations.putHistoryBackupPart;
  "historyBackup.remove": typeof historyBackupOperations.removeHistoryBackup;
  "hook.create": typeof botsOperations.createHook;
  "hook.end": typeof botsOperations.endHook;
  "hook.list": typeof botsOperations.listHooks;
  "hook.post": typeof botsOperations.postByHook;
  "keyPackage.claim": typeof encryptionOperations.claimKeyPackages;
  "keyPackage.upload": typeof encryptionOperations.uploadKeyPackages;
  "media.complete": typeof mediaOperations.completeMedia;
  "media.delete": typeof mediaOperations.deleteMedia;
  "media.get": typeof mediaOperations.getMedia;
  "media.link": typeof mediaOperations.linkMedia;
  "media.presign": typeof mediaOperations.presignMedia;
  "media.usage": typeof mediaOperations.getStorageUsage;
  "member.update": typeof chatsOperations.updateMember;
  "message.delete": typeof messagesOperations.deleteMessage;
  "message.edit": typeof messagesOperations.editMessage;
  "message.list": typeof messagesOperations.listMessages;
  "message.pin": typeof messagesOperations.pinMessage;
  "message.pinned": typeof messagesOperations.listPinnedMessages;
  "message.react": typeof messagesOperations.reactToMessage;
  "message.reactions": typeof messagesOperations.listReactions;
  "message.search": typeof messagesOperations.searchMessages;
  "message.send": typeof messagesOperations.sendMessage;
  "message.system": typeof messagesOperations.sendSystemMessage;
  "mls.commit": typeof encryptionOperations.commit;
  "mls.commits": typeof encryptionOperations.listCommits;
  "mls.groupInfo": typeof encryptionOperations.getGroupInfo;
  "mls.restart": typeof encryptionOperations.restart;
  "mls.welcomeTaken": typeof encryptionOperations.takeWelcome;
  "mls.welcomes": typeof encryptionOperations.listWelcomes;
  "notification.change": typeof notificationsOperations.changeNotificationSettings;
  "notification.list": typeof notificationsOperations.listNotifications;
  "notification.read": typeof notificationsOperations.readNotification;
  "notification.readAll": typeof notificationsOperations.readAllNotifications;
  "notification.settings": typeof notificationsOperations.getNotificationSettings;
  "ownUser.deactivate": typeof ownUsersOperations.deactivateOwnUser;
  "ownUser.endSessions": typeof ownUsersOperations.endOwnUserSessions;
  "ownUser.erase": typeof ownUsersOperations.eraseOwnUser;
  "ownUser.get": typeof ownUsersOperations.getOwnUser;
  "ownUser.list": typeof ownUsersOperations.listOwnUsers;
  "ownUser.put": typeof ownUsersOperations.putOwnUser;
  "ownUser.putMany": typeof ownUsersOperations.putOwnUsers;
  "ownUser.reactivate": typeof ownUsersOperations.reactivateOwnUser;
  "ownUser.signIn": typeof ownUsersOperations.signInOwnUser;
  "ping": typeof realtimeOperations.ping;
  "presence.get": typeof realtimeOperations.getStatuses;
  "presence.set": typeof realtimeOperations.setStatus;
  "push.devices": typeof notificationsOperations.listPushDevices;
  "push.register": typeof notificationsOperations.registerPushDevice;
  "push.remove": typeof notificationsOperations.removePushDevice;
  "push.vapidKey": typeof notificationsOperations.getVapidKey;
  "request.accept": typeof contactsOperations.acceptRequest;
  "request.decline": typeof contactsOperations.declineRequest;
  "request.list": typeof contactsOperations.listRequests;
  "request.sent": typeof contactsOperations.listSentRequests;
  "request.withdraw": typeof contactsOperations.withdrawRequest;
  "secondFactor.disable": typeof secondFactorOperations.disableSecondFactor;
  "secondFactor.enable": typeof secondFactorOperations.enableSecondFactor;
  "secondFactor.get": typeof secondFactorOperations.getSecondFactor;
  "secondFactor.renewCodes": typeof secondFactorOperations.renewRecoveryCodes;
  "secondFactor.verify": typeof secondFactorOperations.verifySecondFactor;
  "session.end": typeof sessionsOperations.endSession;
  "session.endOthers": typeof sessionsOperations.endOtherSessions;
  "session.list": typeof sessionsOperations.listSessions;
  "sync": typeof chatsOperations.sync;
  "typing.start": typeof realtimeOperations.startTyping;
  "typing.stop": typeof realtimeOperations.stopTyping;
  "user.block": typeof blocksOperations.blockUser;
  "user.blocked": typeof blocksOperations.listBlocked;
  "user.delete": typeof usersOperations.deleteProfile;
  "user.get": typeof usersOperations.getUser;
  "user.list": typeof usersOperations.listUsers;
  "user.profile": typeof usersOperations.getProfile;
  "user.report": typeof moderationOperations.reportUser;
  "user.search": typeof usersOperations.searchUsers;
  "user.update": typeof usersOperations.updateProfile;
}

/**
 * Endpoints of a first screen, as letters (`s`: available on sockets; `p`: needs no session; `o`:
 * uses a session if there is one), the method, and the path under /api.
 */
export const FIRST_ENDPOINTS: Readonly<Record<string, string>> = {
  "auth.login": "p POST /auth/login",
  "auth.logout": " POST /auth/logout",
  "auth.refresh": "p POST /auth/refresh-token",
  "chat.changes": "s GET /chats/:chatId/changes",
  "chat.get": " GET /chats/:chatId",
  "chat.inbox": " GET /chats",
  "chat.read": "s POST /chats/:chatId/read",
  "message.list": " GET /messages/:chatId",
  "message.send": "s POST /messages",
  "presence.get": "s GET /users/status",
  "request.list": " GET /requests",
  "user.list": " GET /users",
};
