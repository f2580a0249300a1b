"""Words of mail programs in the languages of Europe. A new language is a new row."""

from connectors.email.reply_text.language import Language

LANGUAGES: dict[str, Language] = {
    "en": Language(
        "wrote|writes|has written",
        "from",
        "to",
        "cc|bcc|copy|reply-to|reply to",
        "date|sent|sent at|send time|sent on|received|time",
        "subject|re",
        "original message|original e-mail|original email|original mail|original appointment"
        "|original|reply message|replied message|previous message|quoted message|original text",
        "forwarded message|forwarded mail|forwarded email|forwarded e-mail|forwarded by"
        "|begin forwarded message|start of forwarded message|forwarded letter|forward message",
    ),
    "de": Language(
        "schrieb|schreibt|geschrieben|schrieben",
        "von|absender",
        "an|empfänger",
        "kopie|kopie an|blindkopie",
        "gesendet|datum|gesendet am|sendedatum|verschickt",
        "betreff|betr.",
        "ursprüngliche nachricht|originalnachricht|original-nachricht|ursprüngliche e-mail"
        "|original nachricht|ursprüngliche mail|originalmail|original-mail|originaltext"
        "|ursprungsnachricht|vorherige nachricht",
        "weitergeleitete nachricht|anfang der weitergeleiteten nachricht"
        "|anfang der weitergeleiteten e-mail"
        "|weitergeleitete e-mail|weitergeleitete mail|weitergeleitet von",
    ),
    "fr": Language(
        "a écrit|écrit|a ecrit|écrivait|écrivit",
        "de|expéditeur|de la part de",
        "à|a|pour|destinataire|destinataires",
        "copie|copie à|copie cachée",
        "envoyé|envoyé le|date|date d'envoi|envoyée",
        "objet|sujet",
        "message d'origine|message original|mail original|message initial|courriel original"
        "|e-mail d'origine|email d'origine|mail d'origine|message précédent|courriel d'origine",
        "message transféré|début du message transféré|début du message réexpédié|mail transféré"
        "|message réexpédié|e-mail transféré|email transféré|courriel transféré",
    ),
    "es": Language(
        "escribió|escribio|ha escrito|escribía|escribe",
        "de|remitente",
        "para|a|destinatario",
        "con copia|copia",
        "enviado|enviado el|fecha|fecha de envío|enviado a las|enviada",
        "asunto",
        "mensaje original|correo original|mensaje de origen|mensaje inicial|email original",
        "mensaje reenviado|inicio del mensaje reenviado|correo reenviado|mensaje remitido",
    ),
    "pt": Language(
        "escreveu|escreveram|escrito por",
        "de|remetente",
        "para|destinatário",
        "com cópia|cópia",
        "enviado|enviada|enviado em|enviada em|enviadas|data|data de envio|envio",
        "assunto",
        "mensagem original|mensagem de origem|e-mail original|email original",
        "mensagem encaminhada|mensagem reencaminhada|início da mensagem encaminhada"
        "|início da mensagem reencaminhada|e-mail encaminhado|inicio da mensagem encaminhada",
    ),
    "it": Language(
        "ha scritto|scrive|scriveva|hanno scritto",
        "da|mittente",
        "a|per|destinatario",
        "copia|p.c.|ccn",
        "inviato|data|inviato il|data invio|inviata",
        "oggetto",
        "messaggio originale|messaggio originario|mail originale|email originale",
        "messaggio inoltrato|inizio messaggio inoltrato|inizia messaggio inoltrato"
        "|inizio del messaggio inoltrato|mail inoltrata",
    ),
    "nl": Language(
        "schreef|geschreven|schrijft",
        "van|afzender",
        "aan|ontvanger",
        "kopie",
        "verzonden|datum|verzonden op|verstuurd",
        "onderwerp",
        "oorspronkelijk bericht|origineel bericht|oorspronkelijke bericht|originele bericht"
        "|oorspronkelijke e-mail|oorspronkelijk e-mailbericht",
        "doorgestuurd bericht|begin doorgestuurd bericht|doorgestuurde e-mail",
    ),
    "pl": Language(
        "wiadomość napisana przez|napisał|napisała|napisał(a)|napisał/a|pisze"
        "|napisali|napisano|napisał/ła",
        "od|nadawca",
        "do|adresat|odbiorca",
        "dw|kopia|do wiadomości|udw",
        "wysłano|data|wysłane|data wysłania",
        "temat",
        "wiadomość oryginalna|oryginalna wiadomość|wiadomość pierwotna|oryginał wiadomości"
        "|treść oryginalnej wiadomości|oryginalny e-mail",
        "wiadomość przekazana|przekazana wiadomość|treść przekazanej wiadomości"
        "|początek przekazywanej wiadomości|początek przekazanej wiadomości|przesłana wiadomość",
    ),
    "ru": Language(
        "написал|написала|написал(а)|написали|пишет|пишете|писал|писала|писал(а)|вы писали",
        "от|от кого|отправитель",
        "кому|получатель|для",
        "копия|копии|скрытая копия",
        "дата|отправлено|отправлен|дата отправки|послано",
        "тема",
        "исходное сообщение|оригинальное сообщение|первоначальное сообщение|исходное письмо"
        "|оригинал сообщения|исходный текст",
        "пересылаемое сообщение|пересланное сообщение|переадресованное сообщение"
        "|перенаправленное сообщение|начало переадресованного сообщения|пересылаемое письмо"
        "|начало пересылаемого сообщения|пересланное письмо|начало пересланного сообщения",
    ),
    "uk": Language(
        "написав|написала|написав(-ла)|написав(ла)|пише|написав/ла|писав|писала",
        "від|від кого|відправник",
        "кому|до|одержувач",
        "копія",
        "дата|надіслано|відправлено",
        "тема",
        "вихідне повідомлення|оригінальне повідомлення|початкове повідомлення|оригінал листа",
        "переслане повідомлення|пересилання повідомлення|переспрямоване повідомлення"
        "|переадресоване повідомлення|початок пересланого повідомлення",
    ),
    "cs": Language(
        "napsal|napsala|napsal(a)|napsal/a|píše",
        "od|odesílatel",
        "komu|pro",
        "kopie",
        "odesláno|datum",
        "předmět",
        "původní zpráva|původní e-mail|originální zpráva",
        "přeposlaná zpráva|začátek přeposílané zprávy|předaná zpráva|přeposlaný e-mail",
    ),
    "sk": Language(
        "napísal|napísala|napísal(a)|napísal/a",
        "od|odosielateľ",
        "komu|pre",
        "kópia",
        "odoslané|dátum",
        "predmet",
        "pôvodná správa|pôvodný e-mail",
        "preposlaná správa|začiatok preposlanej správy",
    ),
    "sv": Language(
        "skrev|skriver|skrev följande",
        "från|avsändare",
        "till",
        "kopia",
        "skickat|datum|skickades",
        "ämne",
        "ursprungligt meddelande|originalmeddelande|ursprungligt mejl|ursprungligt mail",
        "vidarebefordrat meddelande|vidarebefordrat brev|vidarebefordrat mejl",
    ),
    "da": Language(
        "skrev|skrev følgende",
        "fra|afsender",
        "til",
        "kopi",
        "sendt|dato",
        "emne",
        "oprindelig meddelelse|oprindelig besked|den oprindelige meddelelse|oprindelig mail"
        "|opprinnelig melding|opprinnelig e-post|original melding|original meddelelse",
        "videresendt meddelelse|start på videresendt besked|videresendt besked"
        "|videresendt melding|begynnelse på videresendt melding|videresendt e-post",
    ),
    "fi": Language(
        "kirjoitti",
        "lähettäjä",
        "vastaanottaja|saaja",
        "kopio",
        "lähetetty|päivämäärä|pvm|päiväys",
        "aihe",
        "alkuperäinen viesti|alkuperäinen sähköposti",
        "välitetty viesti|edelleenlähetetty viesti|välitetyn viestin alku",
    ),
    "el": Language(
        "έγραψε|έγραψαν|γράφει",
        "από|αποστολέας",
        "προς",
        "κοιν.|κοινοποίηση",
        "ημερομηνία|στάλθηκε|εστάλη",
        "θέμα",
        "αρχικό μήνυμα|πρωτότυπο μήνυμα",
        "προωθημένο μήνυμα|προωθούμενο μήνυμα",
    ),
    "hu": Language(
        "írta|ezt írta|a következőt írta|írta (időpont",
        "feladó|küldő",
        "címzett",
        "másolat|másolatot kap",
        "elküldve|dátum|küldve|elküldés dátuma",
        "tárgy",
        "eredeti üzenet|eredeti levél|eredeti e-mail",
        "továbbított üzenet|továbbított levél",
    ),
    "ro": Language(
        "a scris|scrie",
        "de la|expeditor",
        "către|catre|la",
        "copie",
        "trimis|data|dată",
        "subiect|subiectul",
        "mesaj original|mesajul original|mesaj inițial",
        "mesaj redirecționat|mesaj redirectionat|mesaj retrimis",
    ),
    "bg": Language(
        "написа|пише|написа следното",
        "от|подател",
        "до|получател",
        "копие",
        "изпратено|дата",
        "относно",
        "оригинално съобщение|първоначално съобщение",
        "препратено съобщение",
    ),
    "sr": Language(
        "napisao|napisala|je napisao|je napisala|piše|је написао|је написала|napisao/la",
        "šalje|pošiljatelj|pošiljalac|шаље",
        "za|prima|kome|за",
        "kopija",
        "poslano|datum|poslato|датум",
        "predmet|naslov|наслов",
        "izvorna poruka|originalna poruka|izvorna e-pošta|оригинална порука",
        "proslijeđena poruka|prosleđena poruka|прослеђена порука",
    ),
    "ca": Language(
        "va escriure|ha escrit|missatge de",
        "de|remitent",
        "per a|a",
        "còpia",
        "data|enviat",
        "assumpte",
        "missatge original",
        "missatge reenviat",
    ),
}
