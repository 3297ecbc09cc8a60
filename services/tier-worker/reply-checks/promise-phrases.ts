/**
 * Promises in the words of a shop that makes them. Few and plain: a phrase that is also said without promising anything
 * is not in here.
 */

export type Promised = {
  /** Stands in every text, in lower case, that makes the promise. Most texts are done with after this. */
  about: RegExp;
  /** The promise itself. */
  said: RegExp;
  /** What material must say for it to rest on something; null: the phrase itself must stand there. */
  supported: RegExp | null;
};

/**
 * `words` stand between other characters than letters and digits, of any alphabet; `runs` anywhere, for what is written
 * without blanks.
 */
const phrases = (words: readonly string[], runs: string): RegExp =>
  new RegExp(String.raw`(?<![\p{L}\p{N}])(?:${words.join('|')})(?![\p{L}\p{N}])|${runs}`, 'giu');

const refundStem =
  /refund|money back|reimburs|rückerstatt|erstatt|geld zurück|rembours|reembols|devoluci|rimbors|restitu|terugbeta|возврат|верн|zwrot|återbetal|退款|退回|返金|환불|استرداد/iu;
const freeStem =
  /free|no (?:extra |additional )?c(?:ost|harge)|pay nothing|complimentary|kostenlos|kostenfrei|umsonst|gratis|gratuit|offert|sin (?:coste|cargo)|senza costi|zonder kosten|kosteloos|бесплатн|darmow|bezpłatn|免|包邮|無料|무료|مجان/iu;
const compensationStem =
  /voucher|coupon|credit|discount|compensat|gutschein|rabatt|entschädig|bon d.achat|remise|vale|cupón|descuento|buono|sconto|tegoed|korting|скидк|купон|优惠|代金|补偿|クーポン|割引|쿠폰|할인/iu;

export const promises: readonly Promised[] = [
  {
    about:
      /refund|reimburs|zurück|erstatt|betrag|kaufpreis|geld|rembours|reembols|devolver|rimbors|terug|верн|возврат|退款|返金|환불/u,
    said: phrases(
      [
        "we(?:'ll|’ll| will| are going to) (?:fully |gladly |happily |immediately )?(?:refund|reimburse) (?:you|the|your)",
        "you(?:'ll|’ll| will) (?:receive|get|be given) (?:a|your) (?:full |complete |partial )?refund|you(?:'ll|’ll| will) be (?:fully )?(?:refunded|reimbursed)",
        'wir (?:erstatten|werden) ihnen [^.!?\\n]{0,60}(?:erstatten|zurück|betrag|kaufpreis|geld)|(?:sie erhalten|sie bekommen) (?:eine |die )?(?:volle |vollständige )?(?:rück)?erstattung|sie (?:erhalten|bekommen) (?:ihr|das) geld zurück',
        'nous (?:allons vous|vous) rembours(?:er|erons|ons)|vous serez (?:intégralement )?remboursée?',
        'le (?:reembolsaremos|devolveremos)|recibirá (?:un|el|su) reembolso',
        '(?:la|le) rimborseremo|riceverà (?:un|il) rimborso|(?:iremos|vamos) reembolsá-l[oa]|receberá (?:um|o|o seu) reembolso',
        'wij? (?:zullen|betalen) u [^.!?\\n]{0,40}terug(?:betalen)?|u krijgt (?:uw|het) geld terug',
      ],
      'мы вернём вам|мы вернем вам|вы получите (?:полный )?возврат|我们(?:会|将)(?:立即|马上|全额)?(?:为您)?退款|(?:会|将)给您(?:全额)?退款|全額(?:を)?返金(?:いた)?します|返金させていただきます|환불해 ?드리겠습니다',
    ),
    supported: refundStem,
  },
  {
    about: /free|no (?:extra |additional )?c|kosten|gratis|gratuit|coste|cargo|бесплатн|免费|免費|無料|무료/u,
    said: phrases(
      [
        '(?:entirely |completely )?free of charge|for free|at no (?:extra |additional )?(?:cost|charge)|free (?:replacement|shipping|return|repair|gift|upgrade)',
        'kostenlos(?:e[nrs]?)?|kostenfrei(?:e[nrs]?)?|gratis|gratuit(?:e|ement|s)?|sin (?:coste|cargo)(?: adicional)?|gratuitament[ei]|gratuit[oai]|kosteloos',
      ],
      'бесплатн(?:о|ую|ый|ая)|免费|免費|無料で|무료로',
    ),
    supported: freeStem,
  },
  {
    about:
      /voucher|coupon|discount|credit|compensate|gutschein|rabatt|gutschrift|entschädigung|bon d|remise|réduction|avoir|vale|cupón|descuento|券|クーポン|쿠폰/u,
    said: phrases(
      [
        "we(?:'ll|’ll| will) (?:give|send|credit|offer) you a(?:n)? [^.!?\\n]{0,30}(?:voucher|coupon|discount|credit)|we(?:'ll|’ll| will) compensate you",
        'wir (?:schenken|schicken|senden|geben|gewähren) ihnen (?:einen|eine) [^.!?\\n]{0,30}(?:gutschein|rabatt|gutschrift|entschädigung)',
        'nous vous (?:offrons|offrirons|accordons|enverrons) (?:un|une) [^.!?\\n]{0,30}(?:bon d.achat|remise|réduction|avoir)',
        'le (?:ofrecemos|daremos|enviaremos|regalamos) un [^.!?\\n]{0,30}(?:vale|cupón|descuento)',
      ],
      '(?:会|将)?(?:送|赠送|补偿)(?:给)?您[^。！？\\n]{0,15}(?:优惠券|代金券|现金券)|クーポンを(?:差し上げ|お送り)|쿠폰을 (?:드리|보내)',
    ),
    supported: compensationStem,
  },
  {
    about: /guarant|promise|garant|versprech|promett|prome|belov|гарант|обеща|保证|承诺|約束|약속/u,
    said: phrases(
      [
        '(?:we|i) (?:can |do |fully )?(?:guarantee|promise)|guaranteed to',
        '(?:wir|ich) (?:garantiere|verspreche)n?|garantieren wir|versprechen wir',
        'nous (?:vous )?(?:garantissons|promettons)|je vous (?:garantis|promets)',
        '(?:le |les )?(?:garantizamos|prometemos|garantizo|prometo)|(?:garantiamo|promettiamo|garantimos)|(?:wij? garanderen|wij? beloven)',
      ],
      '(?:мы )?(?:гарантируем|обещаем)|(?:我们|我)(?:向您)?(?:保证|承诺)|お約束(?:いた)?します|약속드립니다',
    ),
    supported: null,
  },
  {
    // Nothing here can do it: no tool stands behind the reply. What an agent of the thread did is in the ticket's history.
    about:
      /refund|credited|erstattet|gutgeschrieben|zurücküberwiesen|rembours|reembols|rimbors|terugbetaald|退款/u,
    said: phrases(
      [
        "i(?:'ve|’ve| have) (?:now |just |already )?(?:refunded|issued (?:a|your|the) refund|processed (?:a|your|the) refund|credited)",
        'ich habe (?:ihnen )?[^.!?\\n]{0,50}(?:erstattet|gutgeschrieben|zurücküberwiesen)',
        'je vous ai remboursée?|le he reembolsado|ho rimborsato|ik heb [^.!?\\n]{0,40}terugbetaald',
      ],
      '我(?:已|已经)(?:为您|给您)?(?:办理|处理|完成)?退款',
    ),
    supported: null,
  },
];

/** "within 24 hours": a deadline that one is held to. "In 5 days" is as often how long something takes. */
export const deadline = new RegExp(
  String.raw`(?<![\p{L}\p{N}])(?:${[
    'within (?:the next |at most |a maximum of )?|innerhalb (?:von |der nächsten )?|binnen (?:de )?',
    'sous |dans les |dans un délai de |en moins de |en un plazo de |dentro de |en menos de |en un máximo de ',
    'entro |no prazo de |em até |в течение |w ciągu |inom |innen ',
  ].join('|')})(?=[\p{L}\d])`,
  'giu',
);

export const aboutDeadline =
  /within|innerhalb|binnen|sous |dans |en moins|en un |en menos|dentro|entro|prazo|em até|течение|ciągu|inom|innen/u;

/** … and in languages that put the limit behind the span. */
export const deadlineBehind = /^\s?(?:以内|之内|内|內|이내|안에)/u;

/** In the same sentence: it is just what is not promised. */
export const negation =
  /\b(?:not|no|never|cannot|can't|can’t|won't|won’t|unable|nicht|kein\p{L}{0,2}|nie|leider|ne|pas|aucun\p{L}?|jamais|nunca|non|mai|niet|geen|não|nie)\b|n['’]t\b|(?:^|\s)(?:не|нет)(?:\s|$)|不|没|無法|无法|未|ません|ない|않|못|아니/iu;
