/**
 * Words that say nothing about what is asked, by language: function words, greetings and thanks. Written lower-case and
 * without accents, as terms.ts compares them. A language without a list still works; its function words only weigh more.
 */
const lists: Record<string, string> = {
  en: `a about after again all also always am an and any anyone anything are as at back be because been before being but by can cannot
    could day days did do does doing dear don else ever every few find for from get getting give go going good got had has have having hello help
    her here hey hi him his how i if in into is it its just kind kindly know last let like ll look looking make many may me more most much my
    myself need never new no not now of off on once one only or other our out over own please put re really regards s said same
    say see she should since so some something still such sure t tell than thank thanks that the their them then there these they thing this those
    through to today too try trying two until up us use using ve very want was way we week weeks well were what when where which while who
    whole why will wish with without would x yes yesterday yet you your team everyone best sincerely cheers support question asap
    ago three four five ten told month months year years time hope happy ok okay im ive dont cant didnt doesnt wasnt isnt wont`,
  de: `aber alle allem allen aller alles als also am an and ander andere auch auf aus bei bin bis bitte da danke damit dann das dass dem den denn der
    des die dies diese dieser dieses doch du durch ein eine einem einen einer eines er es etwas euch euer fur gegen gerne gibt
    gruss grusse guten hab habe haben hallo hat hatte hier hilfe ich ihm ihn ihnen ihr ihre ihrem ihren im immer in ist ja jetzt kann kein keine
    keinen konnen konnte lieben liebe liebes man mehr mein meine meinem meinen meiner mich mir mit mochte morgen muss nach nicht nichts noch nun nur ob
    oder ohne schon sehr sein seine seit sich sie sind so soll sollte tag tage tagen team uber um und uns unser unsere unter vielen viel vom von vor
    war warum was weil welche wenn wer werden wie wieder will wir wird wo wurde wurden zu zum zur geehrte damen herren freundlichen beste besten bestens gestern heute`,
  es: `a al algo alguien algun ante antes aqui asi ayuda ayudar buen buena buenas bueno buenos cada como con cordial cual cuando
    de del desde dia dias donde dos durante el ella ellos en entre era es esa ese eso esta estan estas este esto estoy favor fue gracias
    ha hace hacer han hasta hay he hola la las le les lo los mas me mi mis mucho muchas muy nada ni no nos nosotros o os otra otro para pero
    podria poder pueden puede puedo por porque pues que quien quiero quisiera saber saludos se ser si sido sin sobre solo son soy su sus
    tambien tardes te tengo tiene tiempo todo todos tu un una uno unos usted ustedes y ya yo necesito hice hecho tres cuatro cinco diez doce estimados senores hoy ayer semana semanas`,
  fr: `a ai aide alors apres au aucun aujourd aussi autre aux avant avec avez avoir avons beaucoup besoin bien bonjour bonsoir c car ce cela ces cet cette chez
    comme comment cordialement d dans de depuis des donc dont du elle en encore est et ete etes etre eu faire fait fois hier hui il ils j jai je jour
    jours l la le les leur lui m ma mais me meme merci mes moi mon n ne ni nos notre nous on ont ou par pas peut peux plait plus pour pourquoi pourriez
    pouvez puis qu quand que quel quelle qui quoi s sa salutations sans se semaine semaines ses si sont souhaite sous suis sur svp t ta te tes
    tout tous toute tres tu un une va veuillez veux voudrais vos votre vous y equipe madame monsieur`,
  it: `a ad ai al alla alle anche ancora avere bene buongiorno buonasera che chi ci ciao come con cordiali cosa da dal dalla degli dei del della delle
    di dopo dove e ed era essere fa fare gia giorni giorno gli grazie ha hanno ho i il in io la le lei lo loro ma mi mia mie mio molto ne nel nella
    no noi non nostro o per perche piu posso potete potrebbe prego quale quando quanto questa questo qui saluti salve se sei si sia siete sono sta
    stato su sua suo sul tutti tutto un una uno vi voi vorrei vostro settimana settimane`,
  nl: `aan al alle als alvast ben bent bij dag dagen dan dank dat de dear deze die dit door dus een en er geen goed graag groet groeten had hallo heb
    hebben heeft het hier hij hoe hoi hulp ik in is ja jammer je jij jullie kan kunnen kunt maar me meer met mij mijn moet na naar niet nog nu of om
    ook op over te tot u uit uw van vandaag veel via voor vriendelijke waar wanneer waarom was wat we week weken wel welke wie wij wil worden wordt
    zal ze zelf zich zij zijn zo zonder zou beste`,
  pt: `a agora ainda ajuda algum alguma ao aos apos aqui as ate boa bom com como cumprimentos da das de dele depois dia dias do dos e ela ele em
    entre era essa esse esta estao estou eu faz fazer fico foi for gostaria ha hoje isso isto ja la mais mas me meu meus minha minhas muito na nao nas
    nem no nos nossa nosso num numa o obrigada obrigado ola onde os ou para pela pelo pode podem poderia por porque posso preciso qual quando que quem
    quero se sem semana semanas ser seu seus sim so sobre sou sua tem tenho ter tudo um uma vai voce voces`,
  ru: `а без бы был была были было быть в вам вас ваш весь во вот все всё вы где да для до добрый день его ее если есть еще же за здравствуйте и из или им
    их к как ко когда который кто ли мне меня мой моя мы на над нам нас не нет но ну о об он она они от по под пожалуйста почему привет при с
    свой со спасибо так там то тоже только ты у уже хочу хотел чем что чтобы это этот я можно могу`,
  ar: `السلام الى الآن الان بعد على عليكم عن في قبل كيف لا لدي لم ما مرحبا مع من هذا هذه هل هو هي و يا رقم شكرا أريد اريد أنا انا لكم
    منذ أيام ايام حتى`,
  ko: `감사합니다 고맙습니다 그리고 그런데 네 다시 드립니다 받고 받을 부탁드립니다 부탁해요 빨리 수 싶습니다 싶어요 싶은데요 아직 안녕하세요 어디 어떻게 언제 있나요 있습니까
    제 제가 좀 주세요 문의 지난주에 하나요 하고 하는 하려면 합니다 해요 해주세요`,
  zh: `你好 您好 大家好 谢谢 谢谢你 谢谢您 感谢 麻烦 帮忙 帮我 请问 请 我的 我们 你们 您们 他们 自己 已经 可是 但是 不过 因为 所以 如果 虽然 根本 一直 现在
    昨天 今天 明天 前天 上周 下周 星期 时候 什么时候 什么 怎么 怎么办 怎样 怎么样 哪里 哪个 为什么 多少 没有 不是 就是 还是 这个 那个 这样 那样 一个 一下
    可以 是否 需要 想要 希望 知道 大概 尽快 处理 问题 有点 然后 之后 以后 之前 收到 請問 謝謝 什麼 什麼時候 怎麼 沒有 已經 我們 你們 這個 那個 還是 時候`,
};

export const stopWords: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(lists).map(([language, words]) => [language, new Set(words.split(/\s+/))]),
);

/** Characters that cut a run of Chinese into words worth comparing. */
export const chineseStopCharacters = new Set(
  '我你您他她它们的了吗呢吧啊呀么和与在是也都就请这那哪怎什很还不想要为可以能会给把被让跟从对个已经但而或如何有多少谢好',
);

export const chineseStopWords: ReadonlySet<string> = stopWords.get('zh') ?? new Set();
