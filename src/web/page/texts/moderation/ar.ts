import type { ModerationTexts } from "./moderation.ts";

const plural = new Intl.PluralRules("ar");

function count(n: number, forms: { one: string; two: string; few: string; many: string }): string {
  const form = plural.select(n);
  if (form === "one") return forms.one;
  if (form === "two") return forms.two;
  return `${n} ${form === "few" ? forms.few : forms.many}`;
}

const members = { one: "عضو واحد", two: "عضوان", few: "أعضاء", many: "عضوًا" };

export const ar: ModerationTexts = {
  findChats: "البحث عن دردشات",
  findChatsHint: "اسم مجموعة",
  kind: "النوع",
  kinds: { "": "الكل", group: "المجموعات", direct: "دردشات بين شخصين" },
  state: "الحالة",
  states: { "": "الكل", frozen: "المجمدة", open: "غير المجمدة" },
  chatsOf: (name) => `دردشات ${name}`,
  allChats: "كل الدردشات",
  noChats: "لا دردشة مطابقة",
  noChatsText: "جرّب تصفية أخرى.",
  noSuchChat: "لا توجد دردشة كهذه",
  noSuchChatText: "لم توجد قط، أو أن المعرّف خاطئ.",
  unnamed: "دردشة بين شخصين",
  group: "مجموعة",
  direct: "شخصان",
  encrypted: "مشفرة",
  frozen: "مجمدة",
  memberCount: (n) => count(n, members),
  lastActivity: (when) => `آخر نشاط ${when}`,
  created: (when) => `أُنشئت ${when}`,
  by: (name) => `من ${name}`,
  frozenAt: (when) => `جُمدت ${when}`,
  freeze: "تجميد",
  freezeTitle: "تجميد هذه الدردشة؟",
  freezeText: "يستطيع أعضاؤها قراءتها ومغادرتها، ولا يكتبون شيئًا.",
  freezeReason: "السبب، ويراه الأعضاء (يجوز تركه فارغًا)",
  frozenNow: "جُمدت الدردشة",
  unfreeze: "السماح بالكتابة من جديد",
  unfrozenNow: "يستطيع الأعضاء الكتابة من جديد",
  members: "الأعضاء",
  roles: { owner: "المالك", admin: "مشرف", member: "عضو" },
  remove: "إزالة",
  removeTitle: (name) => `إزالة ${name} من هذه المجموعة؟`,
  removeReason: "السبب، للسجل؛ ويستطيع الشخص قراءته",
  removedNow: (name) => `لم يعد ${name} عضوًا`,

  messagesText: "تُسجل قراءة رسائل الآخرين في السجل.",
  readMessages: "قراءة رسائلها",
  findMessages: "البحث عن رسائل",
  findMessagesHint: "كلمات من النص",
  find: "بحث",
  messagesBy: (name) => `رسائل ${name}`,
  messagesOfChat: "رسائل دردشة واحدة.",
  openChat: "عرض الدردشة",
  allMessages: "كل الرسائل",
  noMessages: "لا رسالة مطابقة",
  noMessagesText: "لا يمكن العثور على الرسائل المشفرة بكلماتها.",
  message: "رسالة",
  context: "الرسالة في دردشتها",
  showContext: "عرضها في دردشتها",
  hideContext: "إخفاء دردشتها",
  deleteMessage: "حذف للجميع",
  deleteMessageTitle: "حذف هذه الرسالة للجميع؟",
  deleteMessageReason: "السبب، للسجل؛ ويستطيع المرسل قراءته",
  deletedNow: "حُذفت الرسالة",

  figure: "الرقم",
  figures: {
    peopleActive: "أشخاص نشطون",
    peopleNew: "أشخاص جدد",
    messages: "الرسائل",
    files: "الملفات",
    fileBytes: "حجم الملفات",
    chats: "دردشات جديدة",
    pushesSent: "إشعارات أُرسلت",
    pushesFailed: "إشعارات فشلت",
    webhooksDelivered: "ويب هوك سُلّمت",
    webhooksFailed: "ويب هوك فشلت",
  },
  period: "المدة",
  periods: { "7": "7 أيام", "30": "30 يومًا", "90": "90 يومًا", "365": "365 يومًا" },
  totalNames: { people: "الأشخاص", chats: "الدردشات", storage: "الملفات المحفوظة" },
  most: (value) => `${value} في اليوم على الأكثر`,
  byDay: "الأرقام حسب اليوم",
  day: "اليوم (UTC)",
};
