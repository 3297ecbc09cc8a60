/** Whole words that decide very short texts ("merci", "refund??"), where counting letter groups only guesses. */

/** Words that say the language by themselves, by eld code (`ms` for Indonesian too). Accents are optional where people leave them out. */
const words: Record<string, string> = {
  de: 'hallo danke bitte moin servus guten tag rückerstattung erstattung rechnung bestellung kündigung lieferung hilfe ja nein wo mein ist storno passwort warum',
  es: 'hola gracias buenas buenos dias días ayuda reembolso pedido factura donde dónde mi si sí devolución devolucion contraseña envío cancelar',
  fr: 'bonjour salut bonsoir merci svp aide remboursement commande facture où oui colis livraison annuler pourquoi',
  it: 'ciao grazie buongiorno salve aiuto rimborso ordine fattura dove sì spedizione annullare perché',
  pt: 'olá ola oi obrigado obrigada bom dia ajuda reembolso pedido fatura onde meu não nao sim cancelar senha boleto',
  nl: 'hoi hallo bedankt dank goedendag terugbetaling bestelling factuur waar mijn nee ja graag annuleren wachtwoord pakket',
  sv: 'hej tack hjälp återbetalning beställning faktura var är min nej ja avbeställa lösenord',
  da: 'hej tak hjælp refusion bestilling faktura hvor er min nej ja adgangskode',
  no: 'hei takk hjelp refusjon bestilling faktura hvor er min nei ja passord',
  fi: 'hei moi terve kiitos apua hyvitys palautus tilaus lasku missä kyllä salasana',
  pl: 'cześć czesc dzień dobry dziękuję dzieki dzięki pomoc zwrot zamówienie faktura gdzie moje tak nie hasło',
  cs: 'ahoj dobrý den děkuji díky pomoc vrácení objednávka faktura kde ano ne heslo',
  tr: 'merhaba selam teşekkürler teşekkür sağol yardım iade sipariş siparişim nerede fatura evet hayır şifre iptal',
  vi: 'chào cảm ơn xin hoàn tiền đơn hàng hóa giúp tôi không',
  ms: 'halo terima kasih makasih tolong bantuan pesanan saya pengembalian dana mana tidak batal',
  ro: 'bună buna salut mulțumesc multumesc ajutor rambursare comanda factură unde',
  hu: 'szia üdv köszönöm segítség visszatérítés rendelés számla hol igen nem jelszó',
  hr: 'bok hvala pozdrav pomoć povrat narudžba račun gdje molim',
  ru: 'привет здравствуйте спасибо возврат заказ где мой помощь да нет деньги верните счет оплата почему не',
  uk: 'привіт вітаю дякую повернення замовлення де моє допомога ні гроші',
  bg: 'здравейте благодаря поръчка къде помощ моля',
  ar: 'مرحبا شكرا السلام عليكم طلبي أين استرداد',
  fa: 'سلام ممنون سفارش کجاست مرسی',
  hi: 'नमस्ते धन्यवाद ऑर्डर कहाँ',
};

/** English and chat words that people of every language write; a hint outranks them. */
const international =
  'hi hello hey thx thanks thank you please pls plz refund order help cancel where is my return invoice broken when why money back shipping delivery password login account not working wrong item stop yes size how what';

const languagesOf = new Map<string, Set<string>>();
for (const [language, list] of [...Object.entries(words), ['en', international] as const]) {
  for (const word of list.split(' '))
    languagesOf.set(word, (languagesOf.get(word) ?? new Set()).add(language));
}

/** Letters that, with its neighbours left out, only one of the configured languages uses; for texts of a few words. */
const letterHints: [RegExp, string[]][] = [
  [/ß/u, ['de']],
  [/ñ|¿|¡/u, ['es', 'tl', 'eu']],
  [/[ãõ]/u, ['pt', 'vi', 'et']],
  [/[ąęśźżń]|ł/u, ['pl', 'lt']],
  [/[őű]/u, ['hu']],
  [/[ğış]/u, ['tr', 'az', 'ku', 'ro']],
  [/[řěů]/u, ['cs']],
  [/[ľĺŕ]/u, ['sk']],
  [/[țș]/u, ['ro']],
  [/[ơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]/u, ['vi']],
  [/å/u, ['sv', 'da', 'no', 'fi']],
  [/[øæ]/u, ['da', 'no', 'is']],
  [/[þð]/u, ['is']],
  [/[ыэё]/u, ['ru', 'be']],
  // In Russian ъ stands before a vowel only.
  [/[бвгджзклмнпрстфхцчшщ]ъ[бвгджзклмнпрстфхцчшщ]/u, ['bg']],
  [/[їєґ]/u, ['uk']],
  [/ў/u, ['be']],
  [/[ђјљњћџ]/u, ['sr']],
  [/[پچژگ]/u, ['fa', 'ur', 'ku']],
  [/[ٹڈڑےں]/u, ['ur']],
  [/[ةإأؤئى]/u, ['ar']],
];

type LexiconGuess = { language: string; isInternational: boolean };

/** The language of at least half of a short text's words; null where none or several fit best. `text` is lower-case. */
export function lookUp(text: string, allowed: (language: string) => boolean): LexiconGuess | null {
  const votes = new Map<string, number>();
  const written = text.split(/[\s'’]{1,20}/u).filter((word) => word !== '');
  for (const word of written) {
    const languages = [...(languagesOf.get(word) ?? [])].filter(allowed);
    for (const language of languages) votes.set(language, (votes.get(language) ?? 0) + 1 / languages.length);
  }
  const [best, second] = [...votes].sort((a, b) => b[1] - a[1]);
  if (best === undefined || best[1] === second?.[1] || best[1] * 2 < written.length) return null;
  return { language: best[0], isInternational: best[0] === 'en' };
}

/** The languages that a text's rare letters allow; null where it has none. `text` is lower-case. */
export function languagesByLetters(text: string): Set<string> | null {
  let possible: Set<string> | null = null;
  for (const [letters, languages] of letterHints) {
    if (!letters.test(text)) continue;
    const before: Set<string> | null = possible;
    const both: string[] = before === null ? languages : languages.filter((language) => before.has(language));
    if (both.length > 0) possible = new Set(both);
  }
  return possible;
}
