# The texts of the pages in Arabic. en.ftl says what each text is for and what its variables are.
#
# Verbal nouns instead of commands, because a command has the gender of the reader. Sentences speak of "the application", so
# that the name of an application needs no gender.

### Pieces of several pages

title-error = خطأ:{" "}
continue = متابعة
cancel = إلغاء
back-to = العودة إلى { $application }
close-page = يمكن إغلاق هذه الصفحة.
optional = (اختياري)
language-label = اللغة:
developer-details = تفاصيل للمطوّرين
link-site = الموقع الإلكتروني
link-privacy = سياسة الخصوصية
link-terms = شروط الخدمة
link-help = المساعدة

### Signing in

sign-in-heading = تسجيل الدخول إلى { $application }
sign-in-heading-device = تسجيل الدخول لربط جهاز
sign-in-heading-approve = تسجيل الدخول لعرض طلباتك
username-label = اسم المستخدم أو البريد الإلكتروني
password-label = كلمة المرور
password-show = إظهار كلمة المرور
password-hide = إخفاء كلمة المرور
sign-in-wrong = اسم المستخدم أو كلمة المرور غير صحيحة.
sign-in-wait = محاولات كثيرة جدًا. لم يجرِ التحقق من كلمة المرور.
stay-signed-in = إبقاء تسجيل الدخول
sign-in-button = تسجيل الدخول
sign-in-forgotten = هل نسيت كلمة المرور؟
sign-up-question = ليس لديك حساب؟
sign-up-link = إنشاء حساب

### Making an account

sign-up-heading = إنشاء حسابك
sign-up-lead = بعد ذلك تكون المتابعة إلى { $application }.
sign-up-lead-device = بعد ذلك يمكنك ربط جهازك.
username-new-label = اسم المستخدم
name-label = الاسم الكامل
password-hint = { $shortest ->
    [zero] لا حدّ أدنى لعدد الأحرف.
    [one] حرف واحد على الأقل.
    [two] حرفان على الأقل.
    [few] { $shortest } أحرف على الأقل.
    [many] { $shortest } حرفًا على الأقل.
   *[other] { $shortest } حرف على الأقل.
} عدة كلمات لا يخطر لغيرك جمعها معًا تصنع كلمة مرور جيدة.
sign-up-button = إنشاء الحساب
sign-in-question = لديك حساب بالفعل؟
sign-in-link = تسجيل الدخول
sign-up-taken = اسم المستخدم هذا مستخدَم بالفعل. يُرجى اختيار اسم آخر.
sign-up-username = يُسمح بما لا يزيد على 254 من أحرف أبجدية واحدة والأرقام وعلامات مثل . - _ من دون مسافات ومن دون @.
sign-up-name_length = هذا الاسم طويل جدًا.
sign-up-name_character = يحتوي هذا الاسم على رمز غير مرئي. يُرجى كتابته من جديد.
password-form = كلمة المرور هذه طويلة جدًا أو تحتوي على رمز غير مرئي.
password-short = { $shortest ->
    [zero] لا حدّ أدنى لعدد الأحرف.
    [one] يلزم حرف واحد على الأقل.
    [two] يلزم حرفان على الأقل.
    [few] يلزم { $shortest } أحرف على الأقل.
    [many] يلزم { $shortest } حرفًا على الأقل.
   *[other] يلزم { $shortest } حرف على الأقل.
}
password-common = يستخدم كثيرون كلمة المرور هذه، ولذلك يسهل تخمينها. يُرجى اختيار كلمة أخرى.
password-name = لا يجوز أن تكون كلمة المرور اسمك أو اسم المستخدم أو بريدك الإلكتروني.
password-repeated = كلمتا المرور مختلفتان.

### Setting a password by a link

set-password-heading = تعيين كلمة المرور
set-password-lead = للحساب { $username }.
set-password-ends = سيُسجَّل خروج حسابك من جميع الأجهزة.
password-new-label = كلمة المرور الجديدة
password-repeated-label = تأكيد كلمة المرور الجديدة
set-password-button = تعيين كلمة المرور
password-set-heading = تم تعيين كلمة المرور
password-set-lead = لتسجيل الدخول، يُرجى فتح التطبيق المطلوب والبدء منه.
password-set-link-over = لم يعد الرابط صالحًا.

### Choosing an account

accounts-heading = اختيار حساب
accounts-lead = للمتابعة إلى { $application }
accounts-another = استخدام حساب آخر

### Allowing an application something

consent-title = السماح لتطبيق { $application }؟
consent-heading = يطلب تطبيق { $application } ما يلي:
consent-heading-continue = المتابعة إلى { $application }؟
consent-heading-device = ربط جهاز بتطبيق { $application }؟
consent-device-code = يُرجى التأكد من أن جهازك يعرض الرمز { $code }.
consent-device-no-code = يُرجى التأكد من أن الجهاز أمامك.
consent-device-warning = إذا وصلت إلى هنا بطلب من شخص ما، برسالة أو عبر الهاتف، فيُرجى عدم السماح: سيتمكن ذلك الشخص من الدخول إلى حسابك.
consent-device-asked = { $minutes ->
    [0] أرسل الجهاز طلبه الآن من { $address }.
    [zero] أرسل الجهاز طلبه الآن من { $address }.
    [one] أرسل الجهاز طلبه قبل دقيقة واحدة من { $address }.
    [two] أرسل الجهاز طلبه قبل دقيقتين من { $address }.
    [few] أرسل الجهاز طلبه قبل { $minutes } دقائق من { $address }.
    [many] أرسل الجهاز طلبه قبل { $minutes } دقيقةً من { $address }.
   *[other] أرسل الجهاز طلبه قبل { $minutes } دقيقة من { $address }.
}
consent-device-here = عنوانك هو { $address }.
consent-heading-approve = السماح بطلب تطبيق { $application }؟
consent-approve-message = يجب أن يعرض تطبيق { $application } على الجهاز الآخر هذا النص تمامًا:
consent-approve-no-message = يُرجى السماح فقط إذا بدأت هذا الطلب بنفسك قبل قليل في تطبيق { $application } على جهاز آخر.
consent-approve-warning = إذا لم تبدأ هذا الطلب بنفسك، فيُرجى عدم السماح: قد يتمكن شخص آخر من الدخول إلى حسابك.
consent-sensitive = إذن حسّاس: يُرجى السماح به فقط عند الثقة بهذا التطبيق.
consent-detail-other = استخدام { $type } بالتفاصيل التالية:
consent-detail-members = كل التفاصيل
answer-yes = نعم
answer-no = لا
value-date = { $day } { $month } { $year }
value-moment = { $date }، { $time } (UTC{ $offset })
month-1 = يناير
month-2 = فبراير
month-3 = مارس
month-4 = أبريل
month-5 = مايو
month-6 = يونيو
month-7 = يوليو
month-8 = أغسطس
month-9 = سبتمبر
month-10 = أكتوبر
month-11 = نوفمبر
month-12 = ديسمبر
consent-partial = يُرجى إلغاء تحديد ما لا يُراد السماح به.
consent-other-account = تبديل الحساب
consent-each-time = تُرجى المتابعة فقط إذا فتحت { $application } بنفسك قبل قليل. قد يطلب برنامج آخر الإذن بهذا الاسم، ولذلك نسألك في كل مرة.
consent-allow = السماح
consent-deny = عدم السماح
consent-returns-to = الوجهة التالية: { $place }.
consent-session = ينتهي الوصول عند تسجيل خروجك من هنا.
consent-about = حول { $application }:
claim-name = الاطلاع على اسمك الكامل
claim-given_name = الاطلاع على اسمك الأول
claim-family_name = الاطلاع على اسم عائلتك
claim-middle_name = الاطلاع على اسمك الأوسط
claim-nickname = الاطلاع على اسمك المستعار
claim-preferred_username = الاطلاع على اسم المستخدم الخاص بك
claim-profile = الاطلاع على عنوان صفحة ملفك الشخصي
claim-picture = الاطلاع على صورتك
claim-website = الاطلاع على عنوان موقعك الإلكتروني
claim-email = الاطلاع على عنوان بريدك الإلكتروني
claim-email_verified = معرفة ما إذا كان عنوان بريدك الإلكتروني مؤكَّدًا
claim-gender = الاطلاع على جنسك
claim-birthdate = الاطلاع على تاريخ ميلادك
claim-zoneinfo = الاطلاع على منطقتك الزمنية
claim-locale = الاطلاع على لغتك
claim-phone_number = الاطلاع على رقم هاتفك
claim-phone_number_verified = معرفة ما إذا كان رقم هاتفك مؤكَّدًا
claim-address = الاطلاع على عنوانك البريدي
claim-updated_at = معرفة تاريخ آخر تغيير في ملفك الشخصي
claim-groups = الاطلاع على المجموعات التي تنتمي إليها
claim-other = الاطلاع على معلومة عنك تُسمّى هنا { $name }
scope-openid = معرفة هويتك
scope-profile = الاطلاع على اسمك وسائر بيانات ملفك الشخصي
scope-email = الاطلاع على عنوان بريدك الإلكتروني
scope-address = الاطلاع على عنوانك البريدي
scope-phone = الاطلاع على رقم هاتفك
scope-groups = الاطلاع على المجموعات التي تنتمي إليها
scope-offline_access = الاحتفاظ بهذا الوصول بعد تسجيل خروجك
consequence-offline_access = يمكن للتطبيق استخدام بياناتك حتى في غيابك.

### Devices

device-heading = ربط جهاز
device-lead = يُرجى إدخال الرمز الذي يعرضه جهازك.
device-lead-code = هل يعرض جهازك هذا الرمز تمامًا؟
device-code-label = الرمز
device-warning = يُرجى استخدام رمز من جهاز أمامك فقط. من يرسل إليك رمزًا أو يقرأه لك عبر الهاتف يريد الدخول إلى حسابك.
device-unknown = لا ينتظر أي جهاز هذا الرمز. ربما انتهت صلاحيته: يُرجى التحقق مما إذا كان جهازك يعرض رمزًا جديدًا.
device-wait = محاولات كثيرة جدًا. لم يجرِ التحقق من هذا الرمز.
device-allowed-heading = تم ربط جهازك
device-allowed-lead = يمكن العودة إلى الجهاز الآن، وسيتابع تلقائيًا خلال ثوانٍ قليلة.
device-denied-heading = لم يُربط الجهاز
device-denied-lead = لن يتمكن الجهاز من الوصول إلى حسابك. إذا أرسل إليك شخص ما هذا الرمز، فقد أحسنت التصرف: يُرجى إبلاغ القائمين على هذه الخدمة.
device-another = ربط جهاز آخر

### Requests from other devices

approve-heading = { $count ->
    [zero] لا توجد طلبات بانتظار ردّك
    [one] طلب واحد بانتظار ردّك
    [two] طلبان بانتظار ردّك
    [few] { $count } طلبات بانتظار ردّك
    [many] { $count } طلبًا بانتظار ردّك
   *[other] { $count } طلب بانتظار ردّك
}
approve-heading-none = لا توجد طلبات بانتظار ردّك
approve-lead = تطلب تطبيقات على أجهزة أخرى إذنك هنا. يُرجى السماح فقط بما بدأته بنفسك.
approve-lead-none = عندما يطلب تطبيق على جهاز آخر إذنك، يكون الرد من هنا. عند انتظار طلب، يُرجى إعادة تحميل هذه الصفحة.
approve-again = إعادة التحميل
approve-asked = { $minutes ->
    [0] وصل الطلب الآن.
    [zero] وصل الطلب الآن.
    [one] وصل الطلب قبل دقيقة واحدة.
    [two] وصل الطلب قبل دقيقتين.
    [few] وصل الطلب قبل { $minutes } دقائق.
    [many] وصل الطلب قبل { $minutes } دقيقةً.
   *[other] وصل الطلب قبل { $minutes } دقيقة.
}
approve-left = { $minutes ->
    [0] بقي أقل من دقيقة.
    [zero] بقي أقل من دقيقة.
    [one] بقيت دقيقة واحدة.
    [two] بقيت دقيقتان.
    [few] بقيت { $minutes } دقائق.
    [many] بقيت { $minutes } دقيقةً.
   *[other] بقيت { $minutes } دقيقة.
}
approve-other-heading = هذا الطلب لحساب آخر
approve-other-lead = لا يمكن الرد عليه إلا من الحساب المطلوب. إذا كان لديك حساب آخر، فيُرجى تسجيل الدخول به.
approve-allowed-heading = تم السماح بالطلب
approve-allowed-lead = يمكن العودة إلى الجهاز الآخر الآن، وسيتابع تلقائيًا خلال ثوانٍ قليلة.
approve-denied-heading = لم يُسمح بالطلب
approve-denied-lead = لن يتمكن التطبيق من الوصول إلى حسابك. إذا لم تبدأ هذا الطلب بنفسك، فقد أحسنت التصرف: يُرجى إبلاغ القائمين على هذه الخدمة.

### Signing out

logout-heading = تسجيل الخروج؟
logout-asked-by = يطلب تطبيق { $application } تسجيل خروجك.
logout-lead = { $accounts ->
    [zero] في هذا المتصفح عدة حسابات مسجَّلة الدخول.
    [one] ستلزم كلمة المرور لتسجيل الدخول من جديد.
    [two] في هذا المتصفح حسابان مسجَّلا الدخول.
    [few] في هذا المتصفح عدة حسابات مسجَّلة الدخول.
    [many] في هذا المتصفح عدة حسابات مسجَّلة الدخول.
   *[other] في هذا المتصفح عدة حسابات مسجَّلة الدخول.
}
logout-button = تسجيل الخروج
logout-all-button = تسجيل الخروج من كل الحسابات
logout-stay = البقاء دون تسجيل الخروج
logout-applications = قد يبقى تسجيل دخولك ساريًا في التطبيقات المفتوحة إلى أن يُسجَّل الخروج منها أيضًا.
signed-out-heading = تم تسجيل خروجك
signed-out-lead = لا يوجد أي حساب مسجَّل الدخول في هذا المتصفح.
signed-out-again = لتسجيل الدخول من جديد، يُرجى فتح التطبيق المطلوب. وإذا كان آخرون يستخدمون هذا الحاسوب، فيُرجى إغلاق المتصفح أيضًا.
signing-out-heading = جارٍ تسجيل خروجك
signing-out-lead = جارٍ إبلاغ تطبيقاتك. إذا لم يحدث شيء، فيُرجى اختيار «متابعة».
signing-out-frame = تسجيل الخروج من أحد التطبيقات

### On the way back

form-post-heading = جارٍ العودة إلى التطبيق
form-post-lead = إذا لم يحدث شيء، فيُرجى اختيار «متابعة».
answered-heading = انتهت عملية تسجيل الدخول هذه
answered-heading-signed-in = تم تسجيل دخولك
answered-lead = اكتملت عملية تسجيل الدخول هذه. لا يلزم أي إجراء آخر في هذه الصفحة.
answered-go-back-to = للمتابعة، تُرجى العودة إلى { $application }.
answered-go-back = للمتابعة، تُرجى العودة إلى التطبيق.

### The page at the root

home-heading = تسجيل الدخول إلى تطبيقاتك من هنا
home-heading-signed-in = تم تسجيل دخولك
home-lead = لاستخدام تطبيق ما، يُرجى فتحه واختيار تسجيل الدخول فيه.
home-device = ربط جهاز
home-developers = للمطوّرين

### Errors

error-heading-link = هذا الرابط لا يعمل
error-heading-later = تُرجى المحاولة لاحقًا
error-heading-moment = تُرجى المحاولة بعد قليل
error-heading-broken = حدث خطأ لدينا
error-heading-again = يُرجى البدء من جديد
error-heading-over = انتهى هذا الطلب
error-heading-off = هذه الميزة متوقفة
error-heading-nothing = هذه الصفحة غير موجودة
wait-second = { $count ->
    [zero] يمكن إعادة المحاولة الآن.
    [one] يمكن إعادة المحاولة بعد ثانية واحدة.
    [two] يمكن إعادة المحاولة بعد ثانيتين.
    [few] يمكن إعادة المحاولة بعد { $count } ثوانٍ.
    [many] يمكن إعادة المحاولة بعد { $count } ثانيةً.
   *[other] يمكن إعادة المحاولة بعد { $count } ثانية.
}
wait-minute = { $count ->
    [zero] يمكن إعادة المحاولة الآن.
    [one] يمكن إعادة المحاولة بعد دقيقة واحدة.
    [two] يمكن إعادة المحاولة بعد دقيقتين.
    [few] يمكن إعادة المحاولة بعد { $count } دقائق.
    [many] يمكن إعادة المحاولة بعد { $count } دقيقةً.
   *[other] يمكن إعادة المحاولة بعد { $count } دقيقة.
}
wait-hour = { $count ->
    [zero] يمكن إعادة المحاولة الآن.
    [one] يمكن إعادة المحاولة بعد ساعة واحدة.
    [two] يمكن إعادة المحاولة بعد ساعتين.
    [few] يمكن إعادة المحاولة بعد { $count } ساعات.
    [many] يمكن إعادة المحاولة بعد { $count } ساعةً.
   *[other] يمكن إعادة المحاولة بعد { $count } ساعة.
}
error-address = طلب التطبيق الردّ على هذا العنوان، وهو غير مسجَّل هنا:

error-application = أرسل التطبيق طلبًا لا يعمل. لم يصدر منك أي خطأ. يُرجى الرجوع والمحاولة من جديد، وإذا تكرر ذلك فيُرجى إبلاغ مطوّري التطبيق.
error-application-unknown = التطبيق الذي أرسلك إلى هنا غير مسجَّل في هذه الخدمة. لم يصدر منك أي خطأ. يُرجى إبلاغ مطوّري التطبيق.
error-application-disabled = التطبيق الذي أرسلك إلى هنا متوقف حاليًا.
error-redirect = حدّد التطبيق الذي أرسلك إلى هنا عنوانًا خاطئًا للعودة إليه. لم يصدر منك أي خطأ. يُرجى إبلاغ مطوّري التطبيق.
error-server = الخطأ منا وليس منك. قد تنجح المحاولة من جديد.
error-busy = هناك ضغط كبير في الوقت الحالي. لم تُعالَج العملية المطلوبة.
error-limited = وردت طلبات كثيرة جدًا من شبكتك أو لحسابك.
error-not-found = لا توجد صفحة على هذا العنوان.
error-flow-unknown = عملية تسجيل الدخول هذه غير معروفة. ربما تكون قديمة جدًا.
error-flow-other-browser = بدأت عملية تسجيل الدخول هذه في متصفح آخر، أو أن هذا المتصفح لا يقبل ملفات تعريف الارتباط.
error-flow-expired = استغرقت عملية تسجيل الدخول هذه وقتًا طويلًا جدًا، فانتهت.
error-flow-too-many = بدأت عمليات تسجيل دخول كثيرة جدًا من شبكتك.
error-request-used = تم استخدام هذا الطلب بالفعل.
error-form-forged = هذا النموذج قديم جدًا أو لم يأتِ من هذه الصفحة. لم يتغيّر أي شيء.
error-form = تعذّرت قراءة النموذج. لم يتغيّر أي شيء.
error-sign-up-off = لا يمكن إنشاء حساب ذاتيًا هنا. يُرجى التواصل مع القائمين على هذه الخدمة.
error-sign-up-too-many = أُنشئت حسابات كثيرة جدًا من شبكتك.
error-password-link-over = استُخدم هذا الرابط من قبل أو انتهت صلاحيته. يُرجى طلب رابط جديد.
error-account-disabled = هذا الحساب متوقف. يُرجى التواصل مع القائمين على هذه الخدمة.
error-group = لا يُسمح لحسابك باستخدام هذا التطبيق. يُرجى التواصل مع القائمين على هذه الخدمة.
error-device = توقف الجهاز عن الانتظار. يُرجى البدء من جديد على الجهاز.
error-device-answered = تلقّى هذا الجهاز الرد بالفعل.
error-device-too-many = تطلب أجهزة كثيرة جدًا الربط من شبكتك.
error-approve = تم الرد عليه من قبل، أو انتهى وقت الرد. لا يوجد ما يلزم فعله هنا.
error-logout = طلب التطبيق تسجيل خروجك بطريقة لا تعمل. يمكنك تسجيل الخروج من هنا بدلًا من ذلك.

way-home = الانتقال إلى صفحة البداية
way-logout = تسجيل الخروج من هنا
way-device = إدخال الرمز من جديد
