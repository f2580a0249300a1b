"""Words by which closings of mails are known: what telephones and apps add, and what lawyers add.

A new language is a new line in each table. Expressions here are matched against one line, or one
paragraph, of bounded length.
"""

import re

_PHONES = (
    r"iphon|ipad|ipod|android|samsung|galaxy|huawei|honor|xiaomi|redmi|mi phone|oppo|vivo|oneplus|"
    r"pixel|nokia|blackberry|motorola|windows|outlook|yahoo|gmail|proton|tutanota|tuta|mail\.ru|"
    r"почт|яндекс|yandex|rambler|телефон|смартфон|phone|handy|mobil|móvil|movil|celular|telem|"
    r"tablet|smartphone|telefon|téléphone|téléfono|teléfono|cellulare|device|gerät|appareil|"
    r"dispositivo|mail|spark|airmail|aqua ?mail|blue ?mail|k-9|fairemail|thunderbird|mailspring|"
    r"superhuman|zoho|gmx|web\.de|t-mobile|vodafone|orange|verizon|at&t|4g|5g|lte|"
    r"手机|邮箱|信箱|郵件|邮件|我的|スマートフォン|ケータイ|携帯|휴대|스마트폰|아이폰|갤럭시|"
    r"điện thoại|أيفون|آيفون|آیفون|هاتف|מכשיר|אייפון|มือถือ|ไอโฟน|ios|pc|ipad|mac|wp\.pl|onet|uol|"
    r"libero|bol|terra|rediff|naver|daum|kakao|qq|foxmail|163|네이버|다음|메일|网易|新浪|小米|华为|三星"
)

_SENT_FROM = (
    r"(?:sent|written|typed|composed|posted)\s+(?:securely\s+)?"
    r"(?:(?:from|via|with|using)\b|(?:by|on)\s+(?:my|an?|the|mobile)\b)",
    r"(?:sent from my|download outlook|sent by my)\b"
    r"|get .{2,20} for (?:android|ios|iphone|windows)",
    r"(?:(?:diese (?:nachricht|e-mail|mail) wurde )?(?:von .{2,40} )?gesendet)\b.{0,60}",
    r"(?:gesendet|verschickt|versendet)\s+(?:von|mit|über|aus|via)\b",
    r"von (?:meine[mr]|unterwegs)\b.{0,60}\b(?:ge|ver)s(?:chickt|endet|andt)"
    r"|(?:holen sie sich outlook|outlook für|outlook for)\b",
    r"(?:envoyé|envoyée|expédié)\s+(?:de|depuis|à partir|avec|par|d')",
    r"(?:obtenez?|obtenir|télécharger?) outlook|outlook pour",
    r"(?:enviado|enviada|mandado)\s+(?:desde|do|da|a partir|de|pelo|via|con|com|por|no)\b",
    r"(?:obtener|obtenga|descargar|obter|obtenha|baixar) (?:o )?outlook|outlook para",
    r"(?:inviato|inviata|spedito)\s+(?:da|dal|con|tramite)\b|ottieni outlook|scarica outlook",
    r"(?:verzonden|verstuurd|gestuurd)\s+(?:vanaf|met|via|van|vanuit)\b|outlook voor",
    r"(?:wysłan[eoay]|wysłałem|wysłano)\s+(?:z|ze|przez|za pomocą)\b|pobierz (?:aplikację )?outlook"
    r"|pobierz program outlook",
    r"(?:отправлено|послано|написано)\s+(?:с|из|со|через|от|при)\b|скачать outlook"
    r"|получить outlook|загрузить outlook",
    r"(?:надіслано|відправлено|отримати outlook)\b",
    r".{2,40}(?:ımdan|imden|umdan|ümden|dan|den|tan|ten|tarafından)\s+gönderildi|outlook'u edinin"
    r"|.{0,20}için outlook",
    r".{0,40}outlook.{0,60}aka\.ms/.{0,40}",
    r"(?:được )?gửi từ\b|tải (?:xuống )?outlook|lấy outlook|đã gửi từ\b",
    r"(?:发自|發自|发送自|傳送自|寄自).{0,30}",
    r"(?:来自|來自|从我的|從我的|由我的).{0,30}"
    r"(?:发送|發送|传送|傳送|寄出|发出|手机|手機|客户端|客戶端|邮箱|郵箱|信箱|邮件|郵件|版"
    r"|电脑|平板|大师|[a-z0-9 ]{3,20})$",
    r"(?:获取|取得|下载|下載)\s?(?:适用于|適用於)?.{0,12}outlook|.{0,12}outlook for",
    r"(?:通过|透过|使用|用|从|從|由|自|来自|來自).{2,30}(?:发送|發送|傳送|寄出|发出)$",
    r".{2,30}(?:から送信|より送信|で送信|を入手|から送信されました|から送信しました)",
    r"(?:나의|내|제)\s?.{2,20}(?:에서|로)\s?보냄",
    r".{2,30}(?:에서 보냄|에서 보냈습니다|에서 보낸 메일|에서 전송|다운로드|가져오기)",
    r"(?:أُرسلت|أرسلت|أُرسل|أرسل|مرسل|تم الإرسال|الإرسال)\s+(?:من|مِن)",
    r"(?:ارسال شده از|فرستاده شده از|ارسال از)",
    r"(?:נשלח|נשלחה)\s",
    r"(?:ส่งจาก|รับ outlook)",
    r"(?:dikirim|terkirim|dihantar)\s+(?:dari|melalui|daripada)\b",
    r"(?:odesláno|odoslané|odoslane|posláno|odesláno)\s+(?:z|ze|zo|pomocí)\b",
    r"(?:skickat|sänt)\s+(?:från|med|via)\b|hämta outlook|skaffa outlook",
    r"(?:sendt|send)\s+(?:fra|med|via)\b|hent outlook|få outlook",
    r"lähetetty\s|hanki outlook|.{2,30}lähetetty",
    r"(?:στάλθηκε|εστάλη|αποστολή)\s+(?:από|με)",
    r"(?:elküldve|küldve|küldtem)\s",
    r"(?:trimis|expediat)\s+(?:de pe|din|prin|cu)\b",
    r"(?:изпратено|пратено)\s+от",
    r"(?:poslano|poslato|послато)\s+(?:s|sa|z|iz|са)\b",
    r"enviat des",
    r"मेरे .{2,30} से भेजा",
    r".{2,30}-?(?:ről|ról|ból|ből) küldve",
)
DEVICE = re.compile(r"(?:" + "|".join(_SENT_FROM) + r").{0,120}", re.IGNORECASE)
DEVICE_NAMES = re.compile(_PHONES, re.IGNORECASE)

SHORT_DEVICE = re.compile(
    r"from my (?:i?phone|ipad|mobile|android|samsung)"
    r"(?: (?:phone|device|galaxy|tablet|\w{1,4})){0,3}"
    r"|(?:sent (?:from|via|with|using) (?:my|an?)|sent by my|"
    r"envoyé (?:de|depuis) mon|enviado (?:desde mi|do meu)|inviato dal mio|verzonden vanaf mijn|"
    r"gesendet von (?:meinem|mobil)|отправлено с (?:моего|мобильного)|发自我的|從我的)\b.{0,60}",
    re.IGNORECASE,
)
"""A line that is only this needs no name of a device that is known."""

_MAIL_WORDS = (
    r"e-?mail|message|communication|transmission|nachricht|courriel|mensaje|correo|mensagem|"
    r"messaggio|comunicazione|bericht|wiadomo|korespondencj|сообщени|письм|электронн|ileti|e-posta|"
    r"mesaj|thư|email|邮件|郵件|电子邮|電子郵|信件|信息|メール|메일|전자우편|رسال|بريد|pesan|surel|อีเมล|"
    r"zpráv|správ|meddeland|mejl|besked|viesti|μήνυμα|üzenet|missatge|повідомлен|лист"
)
_GUARDED_WORDS = (
    r"confidential|privileged|intended (?:solely|only|for)|intended recipient|vertraulich|"
    r"rechtlich geschützt|confidenti|destinataire|confidencial|destinat[aá]ri|riservat|"
    r"vertrouwelijk|uitsluitend bestemd|poufn|adresat|конфиденциальн|предназначен|gizli|alıcı|"
    r"bảo mật|người nhận được chỉ định|không phải (?:là )?người nhận|"
    r"mật|机密|機密|保密|機密資訊|秘密|기밀|비밀|سري|rahasia|เป็นความลับ|důvěrn|dôvern|konfidenti|fortrolig|"
    r"luottamukselli|εμπιστευτικ|bizalmas|конфіденційн|收件人|指定的|legally protected"
    r"|意図された|受信者でない|誤って(?:受信|受け取)|수신인이 아닌|지정된 수신|"
    r"destruya|elimine el mensaje|不正开启|误收|錯收|错收"
)
DISCLAIMER_MAIL = re.compile(_MAIL_WORDS, re.IGNORECASE)
DISCLAIMER_GUARDED = re.compile(_GUARDED_WORDS, re.IGNORECASE)

SMALL_FOOTER = re.compile(
    r"(?:please |kindly )?(?:consider|think about|think of|be kind to) (?:the|our) "
    r"(?:natural )?environment\b(?! variable)|(?:please )?consider.{0,40}before printing"
    r"|(?:please )?think before you print|denken sie an die umwelt"
    r"|bitte (?:prüfen|denken).{0,60}umwelt"
    r"|pensez à l'environnement|n'imprimez.{0,60}|merci de penser.{0,60}environnement"
    r"|antes de imprimir|prima di stampare|denk aan het milieu|pomyśl o środowisku"
    r"|подумайте об окружающей|请考虑环境|打印前请|virus-?free\b"
    r"|(?=.{0,120}(?:checked|scanned|virus-?free|protected|geprüft|überprüft|vérifié|проверен|analizad"
    r"|comprobad|verificad|controllat|gecontroleerd|sprawdzon|扫描|检测))"
    r".{0,100}(?:\bavast\b|\bavg\b|anti-?virus|антивирус|杀毒)"
    r"|libre de virus|garanti sans virus|virenfrei|senza virus|без вирусов|wolny od wirus"
    r"|(?:confidentiality notice|legal (?:notice|disclaimer)|disclaimer|haftungsausschluss|"
    r"aviso legal|avis de confidentialité|免责声明|免責聲明|法律声明|保密声明)"
    r"\s{0,9}[:：]?\s{0,9}$",
    re.IGNORECASE,
)
LIST_FOOTER = re.compile(
    r"mailing list|unsubscribe|subscribed to|listinfo|groups\.google"
    r"|you received this (?:message|mail)"
    r"|you are receiving this|退订|取消订阅|abmelden|se désabonner|darse de baja|отписаться",
    re.IGNORECASE,
)
EXTERNAL_BANNER = re.compile(
    r"\W{0,6}(?:\[?extern(?:e|er)?\]|\[?external(?: (?:e-?mail|sender|message))?\]?\b|caution\b|"
    r"warning\b|attention\b|achtung\b|vorsicht\b|attenzione\b|atención\b|внимание\b|警告|注意|【外部邮件】|外部邮件)",
    re.IGNORECASE,
)
EXTERNAL = re.compile(
    r"originated (?:from )?outside|external (?:e-?mail|sender|source)|outside (?:of )?"
    r"(?:the|your|our) organi[sz]ation|extern(?:e|er|en)? (?:e-?mail|absender)|expéditeur externe|"
    r"remitente externo|mittente esterno|внешн\w{1,9} (?:отправител|почт|источник)"
    r"|外部(?:邮件|发件人|寄件者)|社外",
    re.IGNORECASE,
)
