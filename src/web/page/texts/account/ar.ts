import type { AccountTexts } from "./account.ts";

const plural = new Intl.PluralRules("ar");

interface Forms {
  one: string;
  two: string;
  few: string;
  other: string;
}

const count = (n: number, { one, two, few, other }: Forms) => {
  const form = plural.select(n);
  if (form === "one") return one;
  if (form === "two") return two;
  return `${n} ${form === "few" ? few : other}`;
};

export const ar: AccountTexts = {
  parts: {
    profile: "الملف الشخصي",
    account: "الحساب",
    security: "الأمان",
    encryption: "التشفير",
    notifications: "الإشعارات",
    privacy: "الخصوصية",
    appearance: "المظهر",
    data: "بياناتك",
  },
  administration: "الإدارة",

  visibility: "كيف يراك الآخرون",
  statusHint: "يظهر تحت اسمك، مثل «في القطار».",
  clearStatus: "مسح",
  theme: "الألوان",
  themes: { system: "مثل النظام", light: "فاتح", dark: "داكن" },

  username: "اسم المستخدم",
  usernameText: "به يجدك الناس ويذكرونك.",
  changeUsername: "تغيير اسم المستخدم",
  newUsername: "اسم المستخدم الجديد",
  usernameChanged: "تغيّر اسم المستخدم",
  email: "البريد الإلكتروني",
  confirmed: "مؤكَّد",
  notConfirmed: "غير مؤكَّد",
  confirmText: "افتح الرابط في الرسالة التي أرسلناها إلى هذا العنوان.",
  sendAgain: "إرسال الرسالة مرة أخرى",
  mailSent: (address) => `رسالة في طريقها إلى ${address}`,
  changeEmail: "تغيير العنوان",
  newEmail: "البريد الإلكتروني الجديد",
  changeEmailSent: (address) =>
    `أرسلنا رابطًا إلى ${address}. يتغيّر عنوانك عندما تفتحه وتدخل كلمة المرور.`,
  setPassword: "تعيين كلمة مرور",
  noPassword: "ليس لحسابك كلمة مرور: تسجّل الدخول بحساب مرتبط.",

  providers: "الحسابات المرتبطة",
  providersText: "يمكنك تسجيل الدخول بكل منها، إلى جانب كلمة المرور.",
  noProviders: "تسجيل الدخول في هذا الخادم باسم المستخدم وكلمة المرور فقط.",
  linkedAs: (email, when) => `${email}، مرتبط منذ ${when}`,
  linkedSince: (when) => `مرتبط منذ ${when}`,
  notLinked: "غير مرتبط",
  link: (provider) => `ربط ${provider}`,
  unlink: (provider) => `إلغاء ربط ${provider}`,
  linked: (provider) => `أصبح ${provider} مرتبطًا`,
  unlinked: (provider) => `لم يعد ${provider} مرتبطًا`,
  onlyWay: "هذه طريقتك الوحيدة لتسجيل الدخول. عيّن كلمة مرور قبل إلغاء الربط.",

  proveByCode: "أدخل رمزًا من تطبيق المصادقة للمتابعة.",
  proveByProvider: "ليس لحسابك كلمة مرور. سجّل الدخول مرة أخرى، ثم حاول من جديد.",
  signInAgain: (provider) => `تسجيل الدخول بواسطة ${provider}`,
  provedAgain: "شكرًا. يمكنك المتابعة الآن.",
  otherAccount: (provider) => `حساب ${provider} هذا غير مرتبط بحسابك`,

  emailNeeded: "ينقص شيء واحد",
  emailNeededText: (provider) =>
    `لم يقدّم ${provider} بريدًا إلكترونيًا. أدخل بريدك للحساب الجديد، ثم سجّل الدخول مرة أخرى.`,

  secondFactorText: "رمز من هاتفك يمنع الآخرين من الدخول، حتى لو عرفوا كلمة المرور.",
  on: "مفعّل",
  off: "معطّل",
  fewCodes: "بقي القليل من رموز الاسترداد. احصل على رموز جديدة قبل أن تحتاج إليها.",
  codesTitle: "احفظ هذه الرموز الآن",
  codesText: "تظهر هذه المرة فقط. يعمل كل منها مرة واحدة بدلًا من رمز التطبيق، إذا فقدت هاتفك.",
  copyCodes: "نسخ",
  downloadCodes: "تنزيل",
  printCodes: "طباعة",
  codesFile: (username) => `رموز استرداد ${username} في RealTimeChat`,
  savedCodes: "لقد حفظتها",
  turnOffText: "أدخل رمزًا من التطبيق أو رمز استرداد. بعدها تكفي كلمة المرور لتسجيل الدخول.",
  renewText: "أدخل رمزًا من التطبيق. لن تعمل رموزك الحالية بعد ذلك.",
  since: (when) => `منذ ${when}`,
  othersText: (n) =>
    count(n, {
      one: "هناك جهاز آخر مسجّل الدخول.",
      two: "هناك جهازان آخران مسجّلا الدخول.",
      few: "أجهزة أخرى مسجّلة الدخول.",
      other: "جهازًا آخر مسجّل الدخول.",
    }),
  othersEnded: (n) =>
    count(n, {
      one: "سُجّل الخروج من جهاز واحد",
      two: "سُجّل الخروج من جهازين",
      few: "أجهزة سُجّل الخروج منها",
      other: "جهازًا سُجّل الخروج منه",
    }),
  endOthersTitle: "تسجيل الخروج من كل مكان آخر؟",
  endOthersAsk: "على كل الأجهزة الأخرى تسجيل الدخول من جديد.",

  activity: "النشاط الأخير",
  activityText: "ما حدث لحسابك. غيّر كلمة المرور إذا لم يكن شيء منه منك.",
  noActivity: "لم يحدث شيء بعد.",
  more: "عرض المزيد",
  byServer: "الخادم",
  byOthers: "أحد المشرفين",
  actions: {
    "account.registered": "إنشاء الحساب",
    "account.erased": "حذف الحساب",
    "session.opened": "تسجيل الدخول",
    "session.ended": "إنهاء جلسة",
    "session.refresh_reused": "إنهاء جلسة: استُخدم رمزها مرتين",
    "password.changed": "تغيير كلمة المرور",
    "password.reset": "إعادة تعيين كلمة المرور بالبريد",
    "email.verified": "تأكيد البريد الإلكتروني",
    "email.change_requested": "طلب تغيير البريد الإلكتروني",
    "email.changed": "تغيير البريد الإلكتروني",
    "email.change_undone": "التراجع عن تغيير البريد الإلكتروني",
    "username.changed": "تغيير اسم المستخدم",
    "second_factor.enabled": "تفعيل العامل الثاني",
    "second_factor.disabled": "تعطيل العامل الثاني",
    "second_factor.recovery_code_used": "استخدام رمز استرداد",
    "second_factor.recovery_codes_renewed": "إنشاء رموز استرداد جديدة",
    "provider.linked": "ربط حساب",
    "provider.unlinked": "إلغاء ربط حساب",
    "user.blocked": "حظر شخص",
    "user.unblocked": "إلغاء حظر شخص",
    "user.reported": "الإبلاغ عن شخص",
    "user.suspended": "تعليق الحساب",
    "user.unsuspended": "رفع التعليق",
    "admin.granted": "منح صلاحية الإدارة",
    "admin.revoked": "سحب صلاحية الإدارة",
    "report.resolved": "البت في بلاغ",
    "data.exported": "تصدير البيانات الشخصية",
    "group.created": "إنشاء مجموعة",
    "member.added": "إضافة عضو",
    "member.joined": "انضمام عضو",
    "member.removed": "إزالة عضو",
    "member.left": "مغادرة عضو",
    "member.role_changed": "تغيير دور",
    "encryption.restarted": "بدء التشفير من جديد",
    "user.deactivated": "عُطّل الحساب",
    "user.reactivated": "عاد الحساب نشطًا",
    "user.looked_up": "بُحث عنه بالعنوان",
    "api_key.created": "أُنشئ مفتاح واجهة",
    "api_key.rotated": "لمفتاح الواجهة سر جديد",
    "api_key.ended": "أُنهي مفتاح واجهة",
    "webhook.created": "أُضيفت وجهة ويب هوك",
    "webhook.changed": "عُدّلت وجهة ويب هوك",
    "webhook.deleted": "حُذفت وجهة ويب هوك",
    "webhook.secret_rotated": "لوجهة ويب هوك سر جديد",
    "webhook.down": "تعذر الوصول إلى وجهة ويب هوك",
    "webhook.recovered": "عادت وجهة ويب هوك تعمل",
    "webhook.paused": "أُوقفت وجهة ويب هوك",
    "filters.changed": "عُدّلت قواعد الكلمات والروابط",
    "hook.changed": "عُدّل السؤال قبل الرسائل",
  },

  blockedText: "لا يستطيعون مراسلتك، ولا ترى رسائلهم في المجموعات.",
  blockedSince: (when) => `محظور منذ ${when}`,
  deletedAccount: "حساب محذوف",
  unblocked: (name) => `لم يعد ${name} محظورًا`,
  lastSeen: "آخر ظهور",

  exportTitle: "تنزيل بياناتك",
  exportText:
    "ملف JSON واحد فيه ملفك الشخصي ورسائلك ودردشاتك وإعداداتك ونشاطك. الملفات المرفوعة مذكورة فيه دون محتواها.",
  exportStart: "تصدير",
  exporting: (size) => `جارٍ الجمع: ${size} حتى الآن …`,
  exportStop: "إيقاف",
  exportDone: (size) => `التصدير جاهز: ${size}.`,
  exportSave: "حفظ الملف",
  eraseTitle: "حذف حسابك",
  eraseText: "يُحذف فورًا ونهائيًا، ولا يستطيع أحد استعادته.",
  eraseStart: "حذف الحساب …",
  eraseAsk: "حذف حسابك نهائيًا؟",
  eraseHappens: [
    "يُحذف ملفك الشخصي وإعداداتك وجلساتك وحساباتك المرتبطة.",
    "تُحذف رسائلك عند الجميع، وتبقى إشارة إلى أن رسالة كانت هناك.",
    "تغادر كل المجموعات. المجموعة التي تملكها تنتقل إلى عضو آخر.",
    "يصبح اسم المستخدم والبريد الإلكتروني متاحين من جديد.",
  ],
  eraseFirst: "نزّل بياناتك أولًا إن أردت الاحتفاظ بها: لا يمكن ذلك بعد الحذف.",
  eraseName: (username) => `اكتب ${username} للتأكيد`,
  eraseNameWrong: "هذا ليس اسم المستخدم الخاص بك",
  erase: "حذف نهائي",
  erased: "حُذف حسابك",
};
