/** What mail programs put around a customer's words, in the languages they are translated into. Data for clean.ts. */

const splitRows = (rows: string[]): string[] => rows.flatMap((row) => row.split('|'));

/** The label that shows a block of headers to be a mail's: a journey has From, To and Date too. Lower-cased, no colon. */
export const subjectLabels = new Set(
  splitRows([
    'subject|betreff|objet|asunto|oggetto|assunto|onderwerp|ämne|emne|aihe|temat|předmět|predmet|tárgy|тема|θέμα',
    'konu|الموضوع|נושא|主题|主旨|标题|件名|제목|เรื่อง|chủ đề|tiêu đề|subjek|perihal|विषय|subiect',
  ]),
);

/** The other labels of a forwarded or quoted header block (`From: …`). */
export const headerLabels = new Set([
  ...subjectLabels,
  ...splitRows([
    // From
    'from|von|de|da|van|från|fra|lähettäjä|od|feladó|от|від|από|kimden|gönderen|من|מאת|发件人|寄件者|寄件人',
    '差出人|送信者|보낸 사람|보낸사람|จาก|từ|người gửi|dari|प्रेषक|de la|expéditeur|remitente|mittente|absender',
    // Sent, Date
    'sent|gesendet|envoyé|enviado|enviado el|inviato|verzonden|skickat|sendt|lähetetty|wysłano|odesláno|elküldve',
    'отправлено|надіслано|gönderildi|gönderme|تم الإرسال|נשלח|发送时间|寄件日期|傳送時間|送信日時|보낸 날짜|보낸날짜',
    'ส่ง|đã gửi|dikirim|date|datum|fecha|data|dato|päivämäärä|dátum|дата|ημερομηνία|tarih|التاريخ|תאריך|日期|时间',
    '日付|日時|날짜|วันที่|ngày|tanggal|tarikh|दिनांक|trimis',
    // To, Cc
    'to|an|à|a|para|per|aan|till|til|do|dla|címzett|vastaanottaja|кому|προς|kime|alıcı|إلى|אל|收件人|宛先|받는 사람',
    '받는사람|ถึง|đến|người nhận|kepada|către|komu|cc|bcc|kopie|копия|抄送|副本|참조|สำเนา|reply-to|antwort an',
  ]),
]);

/** "… wrote" at the end or in the middle of the line above a quote. */
export const wroteVerb = new RegExp(
  [
    '(?<!\\p{L})(?:wrote|writes|schrieb|geschrieben|écrit|ecrit|escribi[óo]|escribi[óo] lo siguiente|ha scritto|scritto|escreveu',
    'schreef|geschreven|skrev|kirjoitti|napisa[łl]|pisze|napsal|napísal|írta|a scris|yazdı|yazdi|menulis|viết|pisao)',
  ].join('|') +
    '|написал|написав|пише|пишет|написа|έγραψε|كتب|כתב|写道|寫道|撰写|书写|書きました|のメール|작성|님이|เขียน|ने लिखा',
  'iu',
);

/** First words of an attribution that a mail program may have broken over several lines. */
export const attributionOpener =
  /^(?:on|am|le|el|il|em|op|den|på|pe|în|w dniu|dnia|dne|vào|pada|στις|в|у|tarihinde|في|ב|วันที่|\p{L}{2,10}[.,]|\d{1,4})[\s.,/年-]/iu;

/** What a separator line says between its dashes; longer dashes need no known words. */
export const separatorWords =
  /original|ursprüngliche|weitergeleitete|origine|transféré|reenviado|encaminhada|inoltrato|bericht|meddelande|meddelelse|melding|viesti|wiadomość|forwarded|исходное|пересылаемое|оригінальне|iletilen|özgün|原始|转发|轉寄|元の|転送|원본|전달/iu;

/** "Sent from my phone" at the start of a short line. */
export const mobileFooterStart = new RegExp(
  '^(?:' +
    [
      'sent (?:from|with|via)|get outlook|get \\S{1,20} for (?:ios|android)|gesendet (?:von|mit)|von meinem \\S{1,20} (?:\\S{1,20} )?gesendet',
      'diese nachricht wurde von meinem|holen sie sich outlook|outlook für|envoyé (?:de|depuis|à partir)|obtenir outlook|obtenez outlook',
      'télécharger outlook|enviado (?:desde|do|de|a partir)|enviada do|obtener outlook|obter o outlook|inviato (?:da|dal)|scarica outlook',
      'ottieni outlook|verstuurd vanaf|verzonden (?:vanaf|met|via)|outlook voor|skickat från|hämta outlook|sendt (?:fra|med)|hent outlook',
      'lähetetty|wysłane z|wysłano z|odesláno z|odoslané z|elküldve|trimis de pe|отправлено (?:с|из)|надіслано (?:з|із)|изпратено от',
      'στάλθηκε από|发自|發自|从我的|從我的|寄自|發送自|나의 \\S{1,20}에서|ส่งจาก|đã gửi từ|được gửi từ|gửi từ|dikirim (?:dari|melalui)',
      'dihantar dari|أُرسلت من|أرسلت من|مرسل من|נשלח מ|मेरे \\S{1,20} से',
    ].join('|') +
    ')',
  'iu',
);

/** … or at its end (Turkish, Japanese, Korean, German, Hungarian, Hindi put the verb last). */
export const mobileFooterEnd =
  /(?:gönderildi|gönderilmiştir|から送信|보냄|에서 보냄|gesendet|से भेजा गया|傳送|küldve)\s*[.。]?$/iu;

/** First words of legal boilerplate. Everything after them is a footer. */
export const disclaimerStart = new RegExp(
  '^(?:' +
    [
      '(?:this|the information in this|the contents of this) (?:e-?mail|message|communication)[^.]{0,60} (?:confidential|intended|privileged)',
      '(?:confidentiality|legal|disclaimer) (?:notice|disclaimer)\\b|disclaimer:|if you (?:are not|have received) (?:the intended|this (?:e-?mail|message) in error)',
      'please consider the environment|diese e-?mail (?:enthält|kann|ist)|(?:ce|cet) (?:message|e-?mail|courriel) (?:et|est|peut|contient)',
      '(?:este|esta) (?:mensaje|correo|e-?mail|mensagem)[^.]{0,60} confiden|(?:questo|il presente) messaggio[^.]{0,60} riservat',
      'dit (?:bericht|e-?mailbericht)[^.]{0,60} (?:vertrouwelijk|bestemd)|本(?:邮件|郵件|电子邮件)(?:及|包含|可能|含有)|このメール(?:は|には)[^。]{0,40}機密',
    ].join('|') +
    ')',
  'iu',
);

/** Lines of logs and stack traces (JVM, JavaScript, Python, .NET, PHP, Ruby, Go). */
export const traceLine = new RegExp(
  [
    '^\\s{0,20}at [\\w$.<>/:\\\\\\[\\] -]{1,200}(?:\\(|:\\d)',
    '^\\s{0,20}File "[^"]{1,200}", line \\d',
    '^\\s{0,20}Traceback \\(most recent',
    '^\\s{0,20}\\.{3} \\d{1,4} more',
    '^\\s{0,20}#\\d{1,4} ',
    '^\\s{0,20}(?:Uncaught |Caused by: |Exception in thread "[^"]{1,60}" )?[\\w$.]{0,120}(?:Error|Exception|Warning)\\b(?: \\[[^\\]]{1,60}\\])?:',
    '^\\s{0,20}[\\w./-]{1,120}:\\d{1,6}:(?:\\d{1,6}:|in )',
    '^.{0,40}\\b(?:ERROR|WARN|INFO|DEBUG|TRACE|FATAL)\\b\\s*[:\\[\\](]',
  ].join('|'),
  'u',
);
