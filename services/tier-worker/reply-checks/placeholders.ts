/** What is left of a template, or of the model's own way of writing: `{{name}}`, `[Your name]`, "As an AI language model". */
import { isGiven } from './reply.ts';
import type { Reply } from './reply.ts';

/** What stands for something else when it is alone in brackets, in the languages that models like to write templates in. */
const standIn = [
  "(?:your|the|customer|client|user|recipient|agent|support|company|order|tracking|product|store|shop|insert|enter|add)(?:[ _'’]?s)?[ _-][a-z _'’-]{1,40}",
  'name|names|customer|client|recipient|agent|company|date|email|e-mail|phone|amount|number|address|link|url|placeholder|signature|first[ _-]?name|last[ _-]?name|full[ _-]?name|todo|tbd|x{2,8}',
  '(?:ihr|ihre|ihren|dein|deine|kunden?|bestell|firmen|unternehmens)[ -]?[a-zäöüß -]{0,40}(?:name|nummer|datum|adresse|firma|unternehmen|kunde|kundin)|datum|betrag|unterschrift',
  "(?:votre|nom|prénom|numéro)(?: [a-zà-ÿ' ’-]{1,40})?|montant",
  '(?:su|tu|nombre|número|fecha)(?: [a-zà-ÿ ]{1,40})?|importe|empresa',
  '(?:il tuo|il suo|nome|numero|seu|sua|uw|naam)(?: [a-zà-ÿ ]{1,40})?|importo',
  '(?:ваше?|имя|номер)(?: [а-яё ]{1,40})?|имя клиента|дата|сумма',
  '(?:您的|你的|客户|客戶)?(?:姓名|名字|名称|订单号|日期|金额|公司名称?|电话|邮箱)|お客様(?:の(?:お名前|氏名))?|お名前|氏名|注文番号|担当者名?|고객(?:님)?(?: ?이름)?|이름|주문 ?번호',
].join('|');
const bracketed = new RegExp(
  String.raw`(?:\[\s?(?:${standIn})\s?\](?!\()|<\s?(?:${standIn})\s?>|【(?:${standIn})】|\{\s?(?:${standIn})\s?\})`,
  'giu',
);

const templates = /\{\{[^{}\n]{0,80}\}\}|\{%[^%\n]{0,80}%\}|<%[^%\n]{0,80}%>|\$\{[\w. ]{1,60}\}/gu;
const nobody =
  /^\s{0,4}(?:(?:dear|hello|hi) ,|(?:dear|hello|hi|hallo|hola|bonjour|ciao|olá|guten tag|sehr geehrte[rs]?) (?:undefined|null|nan|none)\b)|\[object Object\]/imu;
/** What models mark their own turns and thoughts with. */
const modelMarks =
  /<\|[a-z_|]{2,30}\|>|\[\/?INST\]|<\/?(?:think|thinking|scratchpad|reasoning|tool_call|function_calls?)>/iu;
const selfTalk = new RegExp(
  [
    "\\bas an? (?:ai|artificial intelligence|large)(?: (?:language|text))? model\\b|\\bi(?:'m| am|’m) (?:just |only )?an? (?:ai |large )?language model\\b",
    '\\bals (?:ki-|ai-|großes |künstliches )?sprachmodell\\b|\\bals ki-(?:sprach)?modell\\b',
    "\\ben tant (?:que |qu['’])(?:modèle de langage|ia\\b|intelligence artificielle)",
    '\\bcomo (?:un )?modelo de lengu?a(?:je)?\\b|\\bcomo um modelo de linguagem\\b|\\bcome modello (?:di )?linguistico\\b|\\bals (?:ai-)?taalmodel\\b',
    'как (?:большая )?языковая модель|作为(?:一个|一名)?(?:AI|人工智能|大型?)?(?:语言|大)模型|(?:AI|大規模)?言語モデルとして|(?:AI )?언어 모델로서',
  ].join('|'),
  'iu',
);

export function hasPlaceholders(reply: Reply): boolean {
  const { text } = reply;
  // A long line of brackets has them all looked at; none of them takes more than a glance.
  if (/[[{<【$]/u.test(text)) {
    const found = [...(text.match(templates) ?? []), ...(text.match(bracketed) ?? [])];
    // What a button or a help page is called stands in the material; what the customer asks about, in the ticket.
    if (found.some((one) => !isGiven(reply, one))) return true;
    if (modelMarks.test(text)) return true;
  }
  return nobody.test(text) || selfTalk.test(text);
}
