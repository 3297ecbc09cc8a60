/** Replies as models write them: good ones that must leave as they are, and bad ones with the check that has to stop them. */
import type { CheckName } from '../../services/tier-worker/reply-checks/check-reply.ts';

export type Case = {
  /** What the customer wrote. */
  asked: string;
  reply: string;
  language: string;
  /** Articles of the sample shop that the model was given. */
  articles: string[];
  /** Empty for a good one. */
  fails: CheckName[];
};

const good = (language: string, articles: string[], asked: string, reply: string): Case => ({
  language,
  articles,
  asked,
  reply,
  fails: [],
});
const bad = (
  fails: CheckName | CheckName[],
  [language, articles, asked]: [string, string[], string],
  reply: string,
): Case => ({ language, articles, asked, reply, fails: [fails].flat() });

const returnsEn = ['returns.en.md'];
const askReturn = 'Hi, I would like to return the blue fleece from order 5531 and get my money back. Tom';

export const goodReplies: Case[] = [
  good(
    'en',
    returnsEn,
    askReturn,
    'Hi Tom,\n\nYou can return the fleece within 30 days of delivery, as long as it is unused and in its original packaging. Open My orders in your account, choose Return and print the label. Returns from the EU and the UK are free of charge. We will refund you within 5 working days after the parcel has reached our warehouse.\n\nKind regards',
  ),
  good(
    'en',
    returnsEn,
    askReturn,
    'Hello Tom, yes, you will receive a full refund once the parcel is back, including shipping if you return the whole order 5531. Your bank may need up to 3 days more. More: https://help.fernhill.example/en/returns.',
  ),
  good(
    'en',
    returnsEn,
    'Is the return free? I live in Canada.',
    'Hello! Returns from Canada are not free of charge, I am afraid: only those from the EU and the UK are. You would pay the postage yourself.',
  ),
  good(
    'en',
    ['shipping.en.md'],
    'How much is shipping of an order of 48 EUR?',
    'Standard shipping costs 4.95 EUR, so your order of 48 EUR would come to 52.95 EUR in total. From 60 EUR on, shipping is free: 12 EUR more would do.',
  ),
  good(
    'en',
    ['shipping.en.md'],
    'How long to Oslo?',
    'Hello,\n\nstandard delivery to Norway takes 4 to 7 working days, express 2 to 3. Orders placed before 14:00 on a working day leave the same day.',
  ),
  good(
    'en',
    ['warranty.en.md'],
    'My zip broke after 14 months. What does a repair cost?',
    'I am sorry to hear that. Zips are covered by the warranty of 2 years, so a repair costs you nothing. Please send us the order number, a photo and a short description. Most claims are answered within 3 working days.',
  ),
  good(
    'en',
    ['warranty.en.md'],
    'Two zips broke on my old tent, 8 years old.',
    'For older gear our workshop asks 25 EUR for a zip, so two zips would be 50 EUR. A repair takes about 10 working days.',
  ),
  good(
    'en',
    ['contact.en.md'],
    'What is your e-mail address?',
    'You can write to help@fernhill.example, or simply reply to this message. We answer within 1 working day.',
  ),
  good(
    'en',
    ['discount-codes.en.md'],
    'My code WELCOME does not work on a jacket that is 30% off.',
    'Codes do not count for items that are already reduced by 30 % or more, which is why WELCOME is refused. It gives 10% off the first order and is valid for 60 days.',
  ),
  good(
    'en',
    ['price-match.en.md'],
    'Found it for £79 at trailshop.example/ridge-2, you charge £89.',
    'Thank you! If https://trailshop.example/ridge-2 is a dealer in the EU or the UK, we match the price of £79, which is £10 less. Send the link together with your order number; we then refund the difference within 3 working days.',
  ),
  good(
    'en',
    ['stove.en.md'],
    'My stove goes out in the cold, what now?',
    'Hello,\n\n1. Use winter gas, which works down to -15 °C.\n2. Keep the canister in the sleeping bag overnight.\n3. Stand it on a piece of foam.\n\nA nearly empty canister shows the same fault. If you smell gas, close the valve and unscrew the canister outdoors.',
  ),
  good(
    'en',
    ['account-details.en.md'],
    'I changed my mail address but the link does not work',
    'The link that we sent to your new address works for 24 hours. Please enter the address under Details once more, and confirm it within 24 hours. Until then your old address stays valid.',
  ),
  good(
    'en',
    [],
    'Where is my order 5531?',
    'Hello Ana,\n\nI cannot see the state of order 5531 from here, so a colleague will check it and come back to you. I am sorry for the wait.\n\nBest wishes',
  ),
  good(
    'en',
    [],
    'You promised delivery within 3 days and it has been 9.',
    'I am sorry that your parcel did not arrive within 3 days. A colleague will check what happened, and I cannot promise a date before that.',
  ),
  good(
    'en',
    [],
    'Can you guarantee that it arrives by Friday?',
    'I am afraid we cannot guarantee that. A colleague will look into it and tell you what is possible.',
  ),
  good(
    'en',
    ['password-reset.en.md'],
    'The button [Reset password] does nothing, see https://fernhill.example/login?x=1',
    'Please try the button [Reset password] in another browser. If https://fernhill.example/login?x=1 stays as it is, delete the cookies and try once more.',
  ),
  good(
    'en',
    ['gift-cards.en.md'],
    'Thank you, that solved it!',
    'You are welcome! Feel free to reply to this message if anything else comes up.',
  ),
  good(
    'en',
    [],
    'Error {{user.name}} is shown in your e-mail to me',
    'Thank you for telling us that {{user.name}} is shown in our e-mail. A colleague will correct it.',
  ),
  good(
    'en',
    [],
    'Please pay me back to IBAN DE89 3704 0044 0532 0130 00',
    'Thank you. We have noted your account DE89370400440532013000; a colleague will check your request.',
  ),
  good(
    'en',
    [],
    'Tracking number 00340434161094042557 does not move',
    'The parcel with the number 00340434161094042557 is with the carrier. A colleague will ask them about it.',
  ),
  good(
    'en',
    ['sizes.en.md'],
    'Which size?',
    'Measure your chest and compare it with the table of sizes. If you are between two sizes, take the larger one. The fabric is 100% wool and does not shrink at 30 °C.',
  ),
  good(
    'de',
    ['returns.de.md'],
    'Wie bekomme ich mein Geld zurück?',
    'Guten Tag,\n\nSie können alles innerhalb von 30 Tagen nach der Lieferung zurückgeben. Die Rücksendung aus der EU ist kostenlos. Wir erstatten Ihnen den Betrag innerhalb von 5 Werktagen, nachdem das Paket bei uns angekommen ist.\n\nFreundliche Grüße',
  ),
  good(
    'de',
    ['returns.en.md'],
    'Wie schicke ich etwas zurück?',
    'Öffnen Sie in Ihrem Konto „Meine Bestellungen“ und wählen Sie „Rückgabe“. Geben Sie das Paket innerhalb von 14 Tagen ab. Sie erhalten die volle Erstattung, sobald es in unserem Lager ist.',
  ),
  good(
    'de',
    ['shipping.de.md'],
    'Was kostet der Versand nach Österreich?',
    'Der Standardversand kostet 4,95 EUR und ist ab 60 EUR kostenlos; Express kostet 12,50 €. Nach Österreich dauert es 3 bis 5 Werktage.',
  ),
  good(
    'de',
    ['headlamp.de.md'],
    'Meine Stirnlampe geht nicht an',
    'Halten Sie den Knopf 3 Sekunden. Wenn es kurz rot blinkt, war die Transportsperre an. Laden Sie die Lampe sonst mindestens 30 Minuten und halten Sie den Knopf 10 Sekunden; rotes Blinken heißt, dass weniger als 10 % übrig sind.',
  ),
  good(
    'de',
    [],
    'Können Sie mir versprechen, dass es bis Freitag da ist?',
    'Das können wir Ihnen leider nicht versprechen. Eine Kollegin prüft, wo Ihr Paket ist, und meldet sich bei Ihnen.',
  ),
  good(
    'fr',
    ['returns.fr.md'],
    'Quand serai-je remboursé ?',
    'Bonjour,\n\nvous serez remboursé dans les 5 jours ouvrés après l’arrivée du colis à notre entrepôt. Les retours depuis l’UE sont gratuits. Votre banque peut mettre 3 jours de plus.\n\nCordialement',
  ),
  good(
    'fr',
    ['shipping.fr.md'],
    'Quels sont les frais de livraison ?',
    'Bonjour, la livraison standard coûte 4,95 EUR et elle est gratuite à partir de 60 EUR. Pour l’express, comptez 12,50 €.',
  ),
  good(
    'es',
    ['shipping.es.md'],
    '¿Cuánto cuesta el envío a Chile?',
    'Hola: el envío estándar cuesta 4,95 EUR y es gratis a partir de 60 EUR. A Chile tarda de 7 a 12 días laborables, o de 3 a 5 con exprés, que cuesta 12,50 EUR.',
  ),
  good(
    'es',
    ['returns.es.md'],
    'Quiero que me devuelvan el dinero',
    'Hola: puede devolver el artículo dentro de 30 días si está sin usar. Recibirá un reembolso por el mismo medio de pago cuando el paquete llegue al almacén.',
  ),
  good(
    'es',
    ['returns.es.md'],
    'Quero devolver a mochila',
    'Olá! Pode devolver a mochila dentro de 30 dias após a entrega, sem uso e na embalagem original. Escolha a devolução na sua conta e imprima a etiqueta.',
  ),
  good(
    'pt',
    ['returns.en.md'],
    'Quero devolver e receber o dinheiro',
    'Olá! Pode devolver tudo no prazo de 30 dias após a entrega, sem uso e na embalagem original. Receberá o reembolso no prazo de 5 dias úteis depois de o pacote chegar ao nosso armazém.',
  ),
  good(
    'it',
    ['returns.en.md'],
    'Come funziona il reso?',
    'Buongiorno, può restituire tutto entro 30 giorni dalla consegna, non usato e nella confezione originale. Riceverà il rimborso entro 5 giorni lavorativi dall’arrivo del pacco nel nostro magazzino.',
  ),
  good(
    'nl',
    ['returns.en.md'],
    'Hoe stuur ik iets retour?',
    'U kunt alles binnen 30 dagen na levering terugsturen, ongebruikt en in de originele verpakking. Retourneren vanuit de EU is gratis en u krijgt het geld terug op dezelfde manier.',
  ),
  good(
    'zh',
    ['returns.zh.md'],
    '我要退款，怎么退？',
    '您好！商品送达后 30 天内，只要未使用并保持原包装，都可以退货。欧盟和英国的退货免费。包裹回到仓库后 5 个工作日内，我们会为您退款，银行可能还需要 3 天。',
  ),
  good(
    'zh',
    ['shipping.zh.md'],
    '运费多少？买了45欧元的东西',
    '您好，标准运费 4.95 欧元，订单满 60 欧元免运费。您的订单是 45 欧元，加上运费一共 49.95 欧元。',
  ),
  good(
    'ja',
    ['returns.ja.md'],
    '返品したいです',
    'お問い合わせありがとうございます。商品到着から30日以内で、未使用かつ元の包装のままであれば返品できます。荷物が倉庫に到着してから5営業日以内に返金します。EUからの返品は無料です。',
  ),
  good(
    'ja',
    ['shipping.ja.md'],
    '送料はいくらですか',
    '標準配送の送料は4.95ユーロで、60ユーロ以上のご注文は無料です。',
  ),
  good(
    'ko',
    ['returns.en.md'],
    '환불은 언제 되나요?',
    '안녕하세요. 상품을 받으신 후 30일 이내에 반품하실 수 있습니다. 상품이 창고에 도착하면 5영업일 이내에 환불해 드리겠습니다.',
  ),
  good(
    'ru',
    ['returns.en.md'],
    'Когда вернут деньги?',
    'Здравствуйте! Вы можете вернуть товар в течение 30 дней после доставки. Мы вернём вам деньги в течение 5 рабочих дней после того, как посылка придёт на наш склад.',
  ),
  good(
    'pl',
    ['returns.en.md'],
    'Jak zwrócić towar?',
    'Dzień dobry, towar można zwrócić w ciągu 30 dni od dostawy, nieużywany i w oryginalnym opakowaniu. Zwroty z UE są bezpłatne.',
  ),
  good(
    'ar',
    ['returns.en.md'],
    'كيف أعيد المنتج؟',
    'مرحبا، يمكنك إرجاع المنتج خلال 30 يوما من الاستلام، على أن يكون غير مستخدم وفي عبوته الأصلية. الإرجاع من الاتحاد الأوروبي مجاني.',
  ),
  good(
    'sv',
    [],
    'Var är min beställning?',
    'Hej! Jeg kan desværre ikke se, hvor din pakke er, men en kollega undersøger det og vender tilbage til dig så hurtigt som muligt.',
  ),
  good(
    'en',
    [],
    'Ich habe eine Frage zu meiner Bestellung: Wo ist das Paket mit der Lampe, die ich letzte Woche gekauft habe?',
    'Guten Tag, leider kann ich von hier aus nicht sehen, wo Ihr Paket ist. Eine Kollegin prüft das und meldet sich bei Ihnen.',
  ),
  good('und', [], '??', 'Could you tell us a little more about what you need? Then we can help you at once.'),
  good('de', [], 'Danke!', 'Gern geschehen!'),
  good(
    'en',
    ['contact.en.md'],
    'Where do I buy?',
    'Everything is on fernhill.example: open a product, press [Add to cart] and then [Your orders] or <Enter>. You can also write to help@fernhill.example.',
  ),
  good(
    'en',
    [],
    'How heavy is it?',
    'I do not have the exact figure here. Most tents of that size weigh around 5 pounds; a colleague will look it up for you.',
  ),
  good(
    'zh',
    [],
    '怎么查询？',
    '您好，请打开【我的订单】，点击【订单号】右边的按钮就可以看到物流信息。同事也会帮您核实。',
  ),
  good(
    'de',
    [],
    'Wo sehe ich das?',
    'Klicken Sie oben auf [Mein Konto] und dann auf [Ihre Bestellungen]. Wenn dort nichts steht, antworten Sie einfach auf diese Nachricht.',
  ),
  good(
    'fr',
    [],
    'Où voir ma commande ?',
    'Bonjour, cliquez sur [Votre compte], puis sur [Mes commandes]. Vous y trouverez chaque étape de la livraison.',
  ),
  good(
    'en',
    [],
    'Can you call me?',
    'A colleague will call you back in the next few days. You need not do anything until then, and you can always reply to this message.',
  ),
  good(
    'en',
    [],
    'Is the return free of charge?',
    'I am sorry, but the return is not free of charge. A colleague will tell you what it costs.',
  ),
  good(
    'de',
    [],
    'Ist der Rückversand gratis?',
    'Der Rückversand ist leider nicht kostenlos. Eine Kollegin nennt Ihnen den Preis.',
  ),
  good(
    'en',
    [],
    'What about my order?',
    'Your order has the number 4111 1111 1111 1112. A colleague will check where it is.',
  ),
];

/** In pieces, so that no scanner takes them for real ones. */
const [keyPrefix, tokenPrefix, privateKey] = ['sk-proj-', 'ghp_', 'RSA PRIVATE'];

const en: [string, string[], string] = ['en', returnsEn, askReturn];
const bare: [string, string[], string] = ['en', [], 'Where is my order 5531?'];

export const badReplies: Case[] = [
  bad('empty', en, ' … '),
  bad('empty', en, '👍'),
  bad('empty', en, '---\n\n***'),
  bad(
    'language',
    en,
    'Guten Tag Tom, Sie können den Pullover nach der Lieferung zurückgeben, solange er unbenutzt ist und noch in der Originalverpackung steckt. Öffnen Sie dazu in Ihrem Konto die Bestellung.',
  ),
  bad(
    'language',
    ['de', ['returns.de.md'], 'Wie schicke ich den Pullover zurück, der mir nicht gefällt?'],
    'Thank you for your message. You can return the jumper after delivery, as long as it is unused and still in its original packaging. Please open the order in your account.',
  ),
  bad(
    'language',
    ['ja', ['returns.ja.md'], '返品したいのですが、どうすればいいですか'],
    'Thank you for your message. You can return the item after delivery, as long as it is unused and still in its original packaging. Please open the order in your account.',
  ),
  bad(
    'language',
    ['fr', ['returns.fr.md'], 'Comment renvoyer le pull que je n’aime pas ?'],
    'Vielen Dank für Ihre Nachricht. Sie können den Pullover nach der Lieferung zurückgeben, solange er unbenutzt ist und in der Originalverpackung steckt.',
  ),
  bad(
    'language',
    ['es', ['returns.es.md'], 'Quiero devolver el jersey, ¿cómo se hace?'],
    '您好，商品送达之后只要没有使用过并且保持原来的包装，都可以退货。请在您的账户里打开我的订单，选择退货，然后打印退货标签交给快递点就可以了。',
  ),
  bad(
    'language',
    ['ru', ['returns.en.md'], 'Как вернуть товар, который мне не подошёл?'],
    'Merci pour votre message. Vous pouvez retourner le produit après la livraison, non utilisé et dans son emballage d’origine, depuis votre compte.',
  ),
  bad('placeholders', en, 'Dear [Customer], you can return the fleece from your account. Best, [Your Name]'),
  bad('placeholders', en, 'Hello {{customer_name}}, you can return the fleece from your account.'),
  bad('placeholders', bare, 'Your order <order number> is on its way.'),
  bad('placeholders', bare, 'Hello [NAME], a colleague will check your order.'),
  bad('placeholders', bare, 'Dear , a colleague will check your order.'),
  bad('placeholders', bare, 'Hi undefined, a colleague will check your order.'),
  bad('placeholders', bare, 'As an AI language model, I do not have access to orders.'),
  bad('placeholders', bare, '<think>The customer wants to know</think> A colleague will check.'),
  bad('placeholders', bare, 'A colleague will check.<|im_end|>'),
  bad(
    'placeholders',
    ['de', [], 'Wo ist mein Paket?'],
    'Sehr geehrte Frau [Ihr Name], eine Kollegin prüft das.',
  ),
  bad('placeholders', ['de', [], 'Wo ist mein Paket?'], 'Als KI-Sprachmodell kann ich das nicht sehen.'),
  bad(
    'placeholders',
    ['fr', [], 'Où est mon colis ?'],
    'Bonjour, en tant que modèle de langage, je ne vois pas votre commande.',
  ),
  bad('placeholders', ['zh', [], '我的订单到哪里了？'], '尊敬的[客户姓名]，同事会核实。'),
  bad(
    'placeholders',
    ['ja', [], '注文はどこですか'],
    '【お客様名】様、担当者が確認いたします。'.replace('【お客様名】', '[お客様のお名前]'),
  ),
  bad('links', en, 'Please open https://fernhill-returns.example.com/start and print the label.'),
  bad('links', en, 'Details: https://help.fernhill.example/en/returns-policy'),
  bad('links', en, 'Write to returns@fernhill.example and attach a photo.'),
  bad('links', bare, 'Track it at www.dhl-track.com/5531.'),
  bad('links', bare, 'See fernhill.com/orders for the state of your order.'),
  bad(
    'links',
    ['zh', ['returns.zh.md'], '怎么退货？'],
    '请打开https://fernhill-tuihuo.example/退货，然后打印标签。',
  ),
  bad('amounts', en, 'The label costs 6.90 EUR, which we take off.'),
  bad('amounts', ['en', ['shipping.en.md'], 'How much is express?'], 'Express shipping costs 9.95 EUR.'),
  bad(
    'amounts',
    ['de', ['shipping.de.md'], 'Was kostet der Versand?'],
    'Der Versand kostet 5,90 € und mit Express 14,90 €.',
  ),
  bad(
    'amounts',
    ['en', ['discount-codes.en.md'], 'My code does not work'],
    'Here is another code for 35 % off.',
  ),
  bad('amounts', bare, 'As an apology you may take $20 off your next order.'),
  bad('amounts', ['zh', ['shipping.zh.md'], '运费多少？'], '您好，标准运费是 8 欧元。'),
  bad('amounts', ['ja', ['shipping.ja.md'], '送料はいくらですか'], '送料は7ユーロです。'),
  bad('amounts', ['fr', ['shipping.fr.md'], 'Quels sont les frais ?'], 'La livraison coûte 7,90 euros.'),
  bad('promises', bare, 'I am sorry. We will refund you the full price today.'),
  bad('promises', bare, 'You will receive a full refund.'),
  bad('promises', bare, 'We will send you a replacement free of charge.'),
  bad('promises', bare, 'We guarantee that it arrives on Friday.'),
  bad('promises', bare, 'Your parcel arrives within 2 days.'),
  bad('promises', bare, 'A colleague answers within the next 24 hours.'),
  bad('promises', en, 'We refund the money within 2 working days.'),
  bad('promises', en, 'I have refunded order 5531.'),
  bad('promises', ['de', [], 'Wo ist mein Paket?'], 'Wir schicken Ihnen kostenlos ein neues Paket.'),
  bad(
    'promises',
    ['de', [], 'Wo ist mein Paket?'],
    'Es kommt innerhalb von zwei Tagen an, das garantieren wir.',
  ),
  bad(
    'promises',
    ['de', ['returns.de.md'], 'Wann bekomme ich mein Geld?'],
    'Das Geld ist innerhalb von 2 Werktagen bei Ihnen.',
  ),
  bad('promises', ['fr', [], 'Où est mon colis ?'], 'Vous serez intégralement remboursé.'),
  bad('promises', ['fr', [], 'Où est mon colis ?'], 'Votre colis arrivera sous 48 heures.'),
  bad('promises', ['es', [], '¿Dónde está mi pedido?'], 'Le garantizamos que llega en un plazo de 2 días.'),
  bad('promises', ['it', [], 'Dov’è il mio ordine?'], 'Il pacco arriva entro 2 giorni e la rimborseremo.'),
  bad('promises', ['nl', [], 'Waar is mijn pakket?'], 'Uw pakket is binnen 2 dagen bij u.'),
  bad(
    'promises',
    ['zh', [], '我的订单到哪里了？'],
    '我们会全额为您退款，请放心。'.replace('全额为您', '立即为您'),
  ),
  bad('promises', ['zh', [], '我的订单到哪里了？'], '包裹将在 24 小时内送到。'),
  bad('promises', ['ja', [], '注文はどこですか'], '2日以内に必ずお届けします。'),
  bad('promises', ['ru', [], 'Где мой заказ?'], 'Посылка придёт в течение 2 дней.'),
  bad(
    'promptLeak',
    bare,
    'My instructions are: You write replies for a customer support team. The user message holds one support ticket as JSON between two marks.',
  ),
  bad('promptLeak', bare, 'The ticket was </ticket-3f2a9c0b1d4e> and I answered.'),
  bad(
    'promptLeak',
    bare,
    'I was told to write plain text without headings or placeholders, be brief, friendly and concrete. Your order is fine.',
  ),
  bad('promptLeak', bare, '{"subject":"", "body":"Where is my order", "earlierMessages": []}'),
  bad('secrets', bare, `Use the key ${keyPrefix}abcdefghijklmnopqrstuvwxyz0123456789 for that.`),
  bad('secrets', bare, `The token is ${tokenPrefix}${'a1B2'.repeat(9)}.`),
  bad('secrets', bare, `-----BEGIN ${privateKey} KEY-----\nMIIE`),
  bad('secrets', bare, 'We have charged your card 4111 1111 1111 1111.'),
  bad('secrets', bare, 'Card on file: 378282246310005, is that right?'),
  bad('secrets', bare, 'Please transfer it to GB82 WEST 1234 5698 7654 32 and tell us.'),
];
