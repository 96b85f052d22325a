import type { AdminTexts } from "./admin.ts";

const plural = new Intl.PluralRules("ar");

export const ar: AdminTexts = {
  title: "الإدارة",
  back: "العودة إلى الدردشات",
  notAdmin: "للمشرفين فقط",
  notAdminText: "لا يُسمح لحسابك برؤية هذا الجزء من الخادم.",
  reports: "البلاغات",
  people: "الأشخاص",
  audit: "السجل",
  rules: "القواعد",
  webhooks: "ويب هوك",
  keys: "مفاتيح الواجهة",
  bots: "البوتات",

  show: "عرض",
  openReports: "المفتوحة",
  allReports: "الكل",
  reason: "السبب",
  anyReason: "أي سبب",
  noOpenReports: "لا شيء للبت فيه",
  noOpenReportsText: "تظهر هنا البلاغات الجديدة عن الأشخاص والرسائل.",
  noReports: "لا بلاغات بعد",
  noReportsText: "عندما يبلغ أحد عن شخص أو رسالة، يظهر البلاغ هنا.",
  noneMatch: "لا شيء مطابق",
  noneMatchText: "جرّب تصفية أخرى.",
  reportOf: (name) => `بلاغ عن ${name}`,
  reported: (when) => `أُبلغ عنه ${when}`,
  by: "من",
  resolved: (when) => `بُتّ فيه ${when}`,
  resolvedBy: (name) => `من ${name}`,
  evidence: "الرسالة كما كانت عند الإبلاغ",
  noMessage: "أُبلغ عن الشخص دون رسالة.",
  encrypted: "الرسالة مشفرة: لا يقرؤها إلا مستلموها.",
  inChat: (id) => `الدردشة ${id}`,
  edited: "معدلة",
  isReply: "رد",
  resolve: "بتّ",
  dismiss: "رفض",
  dismissed: "رُفض: لا حاجة إلى إجراء",
  decision: "ماذا قررت؟ (للسجل)",
  resolvedNow: "بُتّ في البلاغ",
  seePerson: "عرض الحساب",

  findPeople: "البحث عن أشخاص",
  findHint: "الاسم أو اسم المستخدم أو المعرّف",
  findText: "ابحث عن حساب لترى حالته أو تعلقه أو تنهي جلساته.",
  nobodyFound: (text) => `لم يُعثر على أحد لـ«${text}».`,
  foundCount: (n) => {
    const form = plural.select(n);
    if (form === "one") return "شخص واحد";
    if (form === "two") return "شخصان";
    return `${n} ${form === "few" ? "أشخاص" : "شخصًا"}`;
  },
  pickPerson: "اختر شخصًا",
  noSuchPerson: "لا يوجد حساب كهذا",
  noSuchPersonText: "لم يوجد قط، أو أن المعرّف خاطئ.",
  backToList: "العودة إلى القائمة",
  active: "نشط",
  suspended: "معلّق",
  suspendedUntil: (when) => `معلّق حتى ${when}`,
  copyId: "نسخ المعرّف",
  itsYou: "هذا أنت",
  suspend: "تعليق",
  suspendTitle: (name) => `تعليق ${name}؟`,
  suspendText: "تنتهي كل الجلسات فورًا، ولا يستطيع أحد تسجيل الدخول إلى الحساب.",
  suspendReason: "السبب، ويراه الشخص",
  suspendFor: "المدة",
  durations: {
    always: "حتى يُرفع",
    day: "يوم",
    week: "أسبوع",
    month: "30 يومًا",
  },
  suspendedNow: (name) => `عُلّق حساب ${name}`,
  unsuspend: "رفع التعليق",
  unsuspendedNow: (name) => `يستطيع ${name} تسجيل الدخول من جديد`,
  endSessions: "إنهاء كل الجلسات",
  endSessionsTitle: (name) => `تسجيل خروج ${name} من كل مكان؟`,
  endSessionsText: "يستطيع الشخص تسجيل الدخول من جديد.",
  sessionsEnded: (n) => {
    const form = plural.select(n);
    if (form === "zero") return "لم تكن هناك جلسات";
    if (form === "one") return "انتهت جلسة واحدة";
    if (form === "two") return "انتهت جلستان";
    return `انتهت ${n} ${form === "few" ? "جلسات" : "جلسة"}`;
  },
  trail: "ما حدث لهذا الحساب",
  wholeTrail: "فتح في السجل",

  kind: "النوع",
  kinds: {
    all: "كل شيء",
    account: "الحسابات",
    session: "تسجيلات الدخول",
    credential: "كلمات المرور والعناوين والعوامل الثانية",
    moderation: "البلاغات والتعليقات",
    group: "المجموعات",
  },
  about: (name) => `عن ${name}`,
  aboutWhom: "عن مَن",
  clearPerson: "عرض الكل",
  noEntries: "لا مدخلات بعد",
  noEntriesText: "تظهر هنا تسجيلات الدخول وتغييرات بيانات الدخول والقرارات.",
};
