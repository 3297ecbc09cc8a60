/** What is left of a template, or of the model's own way of writing: `{{name}}`, `[Your name]`, "As an AI language model". */
import { isGiven } from './reply.ts';
import type { Reply } from './reply.ts';

/**
 * What stands for something else when it is alone in brackets, in the languages that models like to write templates in. Names
 * of buttons stand in brackets too, such as [Add to cart] and [Your orders], so only what nobody calls a button.
 */
const standIn = [
  "(?:your|customer|client|user|recipient|agent|company)(?:['’]?s)?[ _-](?:full |first |last )?(?:name|company|team|title|position|signature|e-?mail(?: address)?|phone(?: number)?|address)",
  "(?:insert|add) [a-z ’'-]{1,30} here|insert [a-z ’'-]{1,40}|(?:order|tracking|invoice|reference|ticket)[ _-](?:number|id|no\\.?|link)|(?:product|store|shop|support)[ _-](?:name|e-?mail)",
  'name|names|customer|client|recipient|agent|date|amount|link|url|placeholder|signature|(?:first|last|full)[ _-]?name|todo|tbd|x{2,8}',
  '(?:ihr|ihre|ihren|dein|deine) (?:vollständiger )?(?:name|vorname|nachname|firma|unternehmen|unterschrift|position)|(?:kunden|firmen|unternehmens|shop)name|bestellnummer|sendungsnummer|datum|betrag|kunde|kundin',
  "votre (?:nom|prénom|société|entreprise|signature)|nom(?: du client| de l['’]entreprise)?|prénom|numéro de (?:commande|suivi)|montant",
  '(?:su|tu) (?:nombre|empresa|firma)|nombre(?: del cliente| de la empresa)?|número de (?:pedido|seguimiento)|fecha|importe',
  "(?:il tuo|il suo) nome|nome(?: del cliente)?|numero d[’']ordine|(?:seu|o seu) nome|nome do cliente|número (?:do pedido|da encomenda)|uw naam|naam(?: van de klant)?|bestelnummer",
  '(?:ваше )?имя(?: клиента)?|номер заказа',
  '(?:您的|你的|客户|客戶)?(?:姓名|名字)|(?:您的|你的|客户|客戶)(?:名称|订单号|电话|邮箱)|订单号|公司名称|お客様(?:の(?:お名前|氏名))?|お名前|氏名|注文番号|担当者名|고객(?:님)? ?이름|고객명|주문 ?번호',
].join('|');
const bracketed = new RegExp(
  String.raw`(?:\[\s?(?:${standIn})\s?\](?!\()|<\s?(?:${standIn})\s?>|\{\s?(?:${standIn})\s?\})`,
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
