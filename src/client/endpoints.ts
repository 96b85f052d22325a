/**
 * Every operation of the server, by name. Made from the operations themselves by
 * `deno task client:endpoints`; a test fails when it is out of date.
 */
import type * as auditOperations from "../api/operations/audit.ts";
import type * as authOperations from "../api/operations/auth.ts";
import type * as chatsOperations from "../api/operations/chats.ts";
import type * as contactsOperations from "../api/operations/contacts.ts";
import type * as credentialsOperations from "../api/operations/credentials.ts";
import type * as encryptionOperations from "../api/operations/encryption.ts";
import type * as mediaOperations from "../api/operations/media.ts";
import type * as messagesOperations from "../api/operations/messages.ts";
import type * as moderationOperations from "../api/operations/moderation.ts";
import type * as notificationsOperations from "../api/operations/notifications.ts";
import type * as providersOperations from "../api/operations/providers.ts";
import type * as realtimeOperations from "../api/operations/realtime.ts";
import type * as secondFactorOperations from "../api/operations/second_factor.ts";
import type * as sessionsOperations from "../api/operations/sessions.ts";
import type * as usersOperations from "../api/operations/users.ts";

export interface DeclaredOperations {
  "admin.endSessions": typeof moderationOperations.endUserSessions;
  "admin.reports": typeof moderationOperations.listReports;
  "admin.resolveReport": typeof moderationOperations.resolveReport;
  "admin.suspend": typeof moderationOperations.suspendUser;
  "admin.unsuspend": typeof moderationOperations.unsuspendUser;
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
  "auth.reauthenticate": typeof credentialsOperations.reauthenticate;
  "auth.refresh": typeof authOperations.refreshToken;
  "auth.register": typeof authOperations.register;
  "auth.resetPassword": typeof credentialsOperations.resetPassword;
  "auth.undoEmailChange": typeof credentialsOperations.undoEmailChange;
  "auth.unlink": typeof providersOperations.unlinkIdentity;
  "auth.verifyEmail": typeof credentialsOperations.verifyEmail;
  "chat.changes": typeof chatsOperations.getChanges;
  "chat.delivered": typeof chatsOperations.markDelivered;
  "chat.get": typeof chatsOperations.getChat;
  "chat.inbox": typeof chatsOperations.listChats;
  "chat.notifications": typeof notificationsOperations.getChatNotifications;
  "chat.notify": typeof notificationsOperations.changeChatNotifications;
  "chat.open": typeof chatsOperations.openDirectChat;
  "chat.read": typeof chatsOperations.markRead;
  "contact.change": typeof contactsOperations.changeContactSettings;
  "contact.settings": typeof contactsOperations.getContactSettings;
  "device.list": typeof encryptionOperations.listDevices;
  "device.ofChat": typeof encryptionOperations.listChatDevices;
  "device.register": typeof encryptionOperations.registerDevice;
  "device.remove": typeof encryptionOperations.removeDevice;
  "group.add": typeof chatsOperations.addMembers;
  "group.create": typeof chatsOperations.createGroup;
  "group.get": typeof chatsOperations.getGroup;
  "group.invite": typeof contactsOperations.inviteToGroup;
  "group.list": typeof chatsOperations.listGroups;
  "group.remove": typeof chatsOperations.removeMember;
  "group.role": typeof chatsOperations.setRole;
  "group.update": typeof chatsOperations.updateGroup;
  "keyPackage.claim": typeof encryptionOperations.claimKeyPackages;
  "keyPackage.upload": typeof encryptionOperations.uploadKeyPackages;
  "media.complete": typeof mediaOperations.completeMedia;
  "media.delete": typeof mediaOperations.deleteMedia;
  "media.get": typeof mediaOperations.getMedia;
  "media.link": typeof mediaOperations.linkMedia;
  "media.presign": typeof mediaOperations.presignMedia;
  "media.usage": typeof mediaOperations.getStorageUsage;
  "message.delete": typeof messagesOperations.deleteMessage;
  "message.edit": typeof messagesOperations.editMessage;
  "message.list": typeof messagesOperations.listMessages;
  "message.pin": typeof messagesOperations.pinMessage;
  "message.pinned": typeof messagesOperations.listPinnedMessages;
  "message.react": typeof messagesOperations.reactToMessage;
  "message.reactions": typeof messagesOperations.listReactions;
  "message.search": typeof messagesOperations.searchMessages;
  "message.send": typeof messagesOperations.sendMessage;
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
  "user.block": typeof moderationOperations.blockUser;
  "user.blocked": typeof moderationOperations.listBlocked;
  "user.delete": typeof usersOperations.deleteProfile;
  "user.get": typeof usersOperations.getUser;
  "user.list": typeof usersOperations.listUsers;
  "user.profile": typeof usersOperations.getProfile;
  "user.report": typeof moderationOperations.reportUser;
  "user.search": typeof usersOperations.searchUsers;
  "user.update": typeof usersOperations.updateProfile;
}

/** Method and path under /api. */
export const ROUTES = {
  "admin.endSessions": "POST /admin/users/:userId/end-sessions",
  "admin.reports": "GET /admin/reports",
  "admin.resolveReport": "POST /admin/reports/:reportId/resolve",
  "admin.suspend": "POST /admin/users/:userId/suspend",
  "admin.unsuspend": "POST /admin/users/:userId/unsuspend",
  "audit.all": "GET /admin/audit",
  "audit.group": "GET /groups/:groupId/audit",
  "audit.own": "GET /audit",
  "auth.askVerification": "POST /auth/email/verification",
  "auth.changeEmail": "PUT /auth/email",
  "auth.changePassword": "PUT /auth/password",
  "auth.changeUsername": "PUT /auth/username",
  "auth.confirmEmailChange": "POST /auth/email/change",
  "auth.facebook": "POST /auth/facebook",
  "auth.forgotPassword": "POST /auth/password/forgot",
  "auth.google": "POST /auth/google",
  "auth.identities": "GET /auth/identities",
  "auth.link": "POST /auth/identities/:provider",
  "auth.login": "POST /auth/login",
  "auth.logout": "POST /auth/logout",
  "auth.oauthStart": "POST /auth/oauth/start",
  "auth.reauthenticate": "POST /auth/reauthenticate",
  "auth.refresh": "POST /auth/refresh-token",
  "auth.register": "POST /auth/register",
  "auth.resetPassword": "POST /auth/password/reset",
  "auth.undoEmailChange": "POST /auth/email/undo",
  "auth.unlink": "DELETE /auth/identities/:provider",
  "auth.verifyEmail": "POST /auth/email/verify",
  "chat.changes": "GET /chats/:chatId/changes",
  "chat.delivered": "POST /chats/:chatId/delivered",
  "chat.get": "GET /chats/:chatId",
  "chat.inbox": "GET /chats",
  "chat.notifications": "GET /chats/:chatId/notifications",
  "chat.notify": "PUT /chats/:chatId/notifications",
  "chat.open": "POST /chats",
  "chat.read": "POST /chats/:chatId/read",
  "contact.change": "PUT /users/contact-settings",
  "contact.settings": "GET /users/contact-settings",
  "device.list": "GET /devices",
  "device.ofChat": "GET /chats/:chatId/devices",
  "device.register": "POST /devices",
  "device.remove": "DELETE /devices/:deviceId",
  "group.add": "POST /groups/:groupId/members",
  "group.create": "POST /groups",
  "group.get": "GET /groups/:groupId",
  "group.invite": "POST /groups/:groupId/invitations",
  "group.list": "GET /groups",
  "group.remove": "DELETE /groups/:groupId/members/:userId",
  "group.role": "PUT /groups/:groupId/admin",
  "group.update": "PUT /groups/:groupId",
  "keyPackage.claim": "POST /users/:userId/key-packages/claim",
  "keyPackage.upload": "POST /devices/:deviceId/key-packages",
  "media.complete": "POST /media/:mediaId/complete",
  "media.delete": "DELETE /media/:mediaId",
  "media.get": "GET /media/:mediaId/info",
  "media.link": "POST /media/:mediaId/link",
  "media.presign": "POST /media/presign",
  "media.usage": "GET /media/usage",
  "message.delete": "DELETE /messages/:messageId",
  "message.edit": "PUT /messages/:messageId",
  "message.list": "GET /messages/:chatId",
  "message.pin": "POST /messages/pin",
  "message.pinned": "GET /chats/:chatId/pins",
  "message.react": "POST /messages/:messageId/react",
  "message.reactions": "GET /messages/:messageId/reactions",
  "message.search": "GET /messages/search",
  "message.send": "POST /messages",
  "mls.commit": "POST /chats/:chatId/mls/commit",
  "mls.commits": "GET /chats/:chatId/mls/commits",
  "mls.groupInfo": "GET /chats/:chatId/mls/group-info",
  "mls.restart": "POST /chats/:chatId/mls/restart",
  "mls.welcomeTaken": "DELETE /devices/:deviceId/welcomes/:welcomeId",
  "mls.welcomes": "GET /devices/:deviceId/welcomes",
  "notification.change": "POST /notifications/settings",
  "notification.list": "GET /notifications",
  "notification.read": "PUT /notifications/:notificationId/read",
  "notification.readAll": "PUT /notifications/read-all",
  "notification.settings": "GET /notifications/settings",
  "presence.get": "GET /users/status",
  "presence.set": "PUT /users/status",
  "push.devices": "GET /notifications/devices",
  "push.register": "POST /notifications/devices",
  "push.remove": "DELETE /notifications/devices/:deviceId",
  "push.vapidKey": "GET /notifications/vapid-key",
  "request.accept": "POST /requests/:requestId/accept",
  "request.decline": "POST /requests/:requestId/decline",
  "request.list": "GET /requests",
  "request.sent": "GET /requests/sent",
  "request.withdraw": "DELETE /requests/:requestId",
  "secondFactor.disable": "POST /auth/2fa/disable",
  "secondFactor.enable": "POST /auth/2fa/enable",
  "secondFactor.get": "GET /auth/2fa",
  "secondFactor.renewCodes": "POST /auth/2fa/recovery-codes",
  "secondFactor.verify": "POST /auth/2fa/verify",
  "session.end": "DELETE /sessions/:sessionId",
  "session.endOthers": "DELETE /sessions",
  "session.list": "GET /sessions",
  "sync": "POST /sync",
  "user.block": "POST /users/block",
  "user.blocked": "GET /users/blocked",
  "user.delete": "DELETE /users/profile",
  "user.get": "GET /users/:userId",
  "user.list": "GET /users",
  "user.profile": "GET /users/profile",
  "user.report": "POST /users/report",
  "user.search": "GET /users/search",
  "user.update": "PUT /users/profile",
} as const;

/** What sockets take as commands. */
export const COMMANDS = [
  "chat.changes",
  "chat.delivered",
  "chat.read",
  "message.delete",
  "message.edit",
  "message.pin",
  "message.react",
  "message.send",
  "ping",
  "presence.get",
  "presence.set",
  "typing.start",
  "typing.stop",
] as const;

/** What needs no session. */
export const PUBLIC = [
  "auth.confirmEmailChange",
  "auth.facebook",
  "auth.forgotPassword",
  "auth.google",
  "auth.login",
  "auth.oauthStart",
  "auth.refresh",
  "auth.register",
  "auth.resetPassword",
  "auth.undoEmailChange",
  "auth.verifyEmail",
  "secondFactor.verify",
] as const;

/** Those of them that act for the caller's account when a session comes along. */
export const OPTIONAL_SESSION = [
  "auth.confirmEmailChange",
  "auth.oauthStart",
  "auth.verifyEmail",
  "secondFactor.verify",
] as const;
