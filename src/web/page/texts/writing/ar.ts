import type { WritingTexts } from "./writing.ts";

const plural = new Intl.PluralRules("ar");

function count(n: number, forms: { one: string; two: string; few: string; many: string }): string {
  const form = plural.select(n);
  if (form === "one") return forms.one;
  if (form === "two") return forms.two;
  return `${n} ${form === "few" ? forms.few : forms.many}`;
}

const chats = { one: "دردشة واحدة", two: "دردشتين", few: "دردشات", many: "دردشة" };
const people = { one: "شخص واحد", two: "شخصين", few: "أشخاص", many: "شخصًا" };

export const ar: WritingTexts = {
  mentions: "أعضاء يمكن الإشارة إليهم",
  commands: "أوامر البوتات",
  sendsWhenUploaded: "تُرسل فور اكتمال رفع الملفات.",

  forward: "إعادة توجيه",
  forwardTitle: "إعادة التوجيه إلى",
  forwardedTo: (n) => `أُعيد التوجيه إلى ${count(n, chats)}`,
  notForwarded: (name) => `تعذرت إعادة التوجيه إلى ${name}`,
  findChat: "ابحث عن دردشة",
  noChat: "لم يُعثر على دردشة",
  moreResults: "نتائج أخرى",
  copyLink: "نسخ الرابط",
  linkCopied: "نُسخ الرابط",
  moreReactions: "تفاعلات أخرى",
  reactTitle: "التفاعل بـ",
  report: "إبلاغ",
  info: "معلومات",
  infoTitle: "حول هذه الرسالة",
  readBy: "قرأها",
  deliveredTo: "وصلت إلى",
  notDelivered: "لم تصل بعد",
  readCount: (n) => `قرأها ${count(n, people)}`,
  deliveredCount: (n) => `وصلت إلى ${count(n, people)}`,
  reactions: "التفاعلات",
  sentAt: (when) => `أُرسلت ${when}`,
  editedAt: (when) => `عُدّلت ${when}`,
  deletedNow: "حُذفت الرسالة",
  undo: "تراجع",

  voiceMessage: "رسالة صوتية",
  recording: "جارٍ التسجيل",
  stopRecording: "إيقاف التسجيل",
  dropRecording: "تجاهل التسجيل",
  sendRecording: "إرسال الرسالة الصوتية",
  noMicrophone: "لا يمكن استخدام الميكروفون. اسمح به لهذه الصفحة في إعدادات المتصفح.",
  play: "تشغيل",
  pause: "إيقاف مؤقت",
  position: "الموضع",
  speed: (factor) => `السرعة ${factor}`,

  joined: (name) => `انضم ${name}`,
  youJoined: "انضممت إلى المجموعة",
  left: (name) => `غادر ${name}`,
  youLeft: "غادرت المجموعة",
  added: (by, names) => `أضاف ${by}: ${names}`,
  youAdded: (names) => `أضفت: ${names}`,
  removed: (by, names) => `أزال ${by}: ${names}`,
  youRemoved: (names) => `أزلت: ${names}`,
  renamed: (name) => `صار اسم المجموعة «${name}»`,
  newPicture: "للمجموعة صورة جديدة",
  created: (name) => `أنشأ ${name} المجموعة`,
  youCreated: "أنشأت المجموعة",

  zoomIn: "تكبير",
  zoomOut: "تصغير",

  switchChat: "الانتقال إلى دردشة",
  shortcuts: "اختصارات لوحة المفاتيح",
  keys: {
    switchChat: "الانتقال إلى دردشة",
    search: "البحث في الرسائل",
    shortcuts: "عرض هذه القائمة",
    send: "إرسال",
    newLine: "سطر جديد",
    editLast: "تعديل رسالتك الأخيرة",
    mention: "الإشارة إلى عضو",
    emoji: "رمز تعبيري بالاسم",
    command: "أمر لأحد البوتات",
    bold: "عريض",
    italic: "مائل",
    code: "شيفرة",
    messages: "التنقل بين الرسائل",
    undo: "التراجع عن حذف",
    escape: "إغلاق أو إلغاء",
  },
};
