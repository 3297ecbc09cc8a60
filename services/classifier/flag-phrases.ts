/**
 * Phrases that raise a flag, by flag and language. A phrase matches whole words; `*` stands for the rest of a word.
 * Chosen so that a lawyer among one's friends, legal-size paper or a forgotten password raise nothing.
 */

export type PhraseFlag = 'legal' | 'security' | 'angry';

export const phrases: Record<PhraseFlag, Record<string, string>> = {
  legal: {
    en: `
      my lawyer will|my lawyers will|my lawyer advised|my lawyer says|my lawyer told me|to my lawyer|
      with my lawyer|from my lawyer|by my lawyer|my attorney will|my attorney advised|to my attorney|
      with my attorney|from my attorney|by my attorney|contact my attorney|my solicitor will|
      to my solicitor|with my solicitor|from my solicitor|our lawyers|our attorneys|our solicitors|
      our legal team will|speak to a lawyer|hire a lawyer|hired a lawyer|
      contact a lawyer|contact my lawyer|contacted my lawyer|consult a lawyer|get a lawyer|
      hear from my lawyer|through my lawyer|via my lawyer|my lawyer is going to|lawyer up|legal action|
      legal actions|legal proceedings|legal steps|take you to court|taking you to court|see you in court|
      go to court|going to court|small claims|court case|sue you|sue your company|suing you|i will sue|
      i'll sue|we will sue|we'll sue|going to sue|file a lawsuit|filing a lawsuit|lawsuit against|
      class action|press charges|consumer protection|trading standards|ombudsman|cease and desist|
      subpoena|data protection authority|gdpr complaint|supervisory authority|small claims court
    `,
    de: `
      mein anwalt|meinen anwalt|meinem anwalt|meine anwältin|unser anwalt|unseren anwalt|
      anwalt einschalten|rechtsanwalt|rechtsanwältin|rechtliche schritte|rechtlichen schritte|
      rechtlich vorgehen|klage einreichen|klage erheben|verklagen|verklage|vor gericht|anzeige erstatten|
      strafanzeige|verbraucherschutz|verbraucherzentrale|mahnbescheid|schadensersatz|datenschutzbehörde|
      schlichtungsstelle|abmahnung
    `,
    fr: `
      mon avocat|mon avocate|notre avocat|nos avocats|prendre un avocat|contacter un avocat|
      consulter un avocat|engager un avocat|l'avocat de|action en justice|actions en justice|
      poursuites judiciaires|poursuivre en justice|porter plainte|porterai plainte|plainte contre|
      saisir la justice|saisir le tribunal|devant le tribunal|au tribunal|mise en demeure|
      mettre en demeure|ufc que choisir|répression des fraudes|dgccrf|protection des consommateurs|
      saisir la cnil|dommages et intérêts|médiateur de la consommation
    `,
    es: `
      mi abogado|mi abogada|mis abogados|nuestro abogado|nuestros abogados|con un abogado|
      contratar un abogado|consultar a un abogado|contratar a un abogado|acciones legales|acción legal|
      medidas legales|vía legal|vía judicial|demandarlos|demandarles|demandaré|los demandaré|
      los voy a demandar|voy a demandar|vamos a demandar|interponer una demanda|poner una demanda|
      presentar una demanda|poner una denuncia|presentar una denuncia|denunciarlos|denunciaré|
      ante los tribunales|a los tribunales|a juicio|profeco|organización de consumidores|
      defensa del consumidor|protección al consumidor|hoja de reclamaciones|
      agencia de protección de datos
    `,
    it: `
      mio avvocato|nostro avvocato|miei avvocati|a un avvocato|con un avvocato|azione legale|
      azioni legali|vie legali|per vie legali|adire le vie|fare causa|farò causa|faremo causa|
      sporgere denuncia|sporgerò denuncia|denunciarvi|vi denuncio|in tribunale|diffida|messa in mora|
      garante della privacy|tutela dei consumatori|associazione consumatori|altroconsumo|
      risarcimento danni
    `,
    pt: `
      meu advogado|minha advogada|nosso advogado|meus advogados|com um advogado|contratar um advogado|
      procurar um advogado|ação judicial|ações judiciais|ação legal|medidas legais|medidas judiciais|
      medidas cabíveis|processar vocês|vou processar|vamos processar|entrar na justiça|na justiça|
      no tribunal|em tribunal|pequenas causas|procon|defesa do consumidor|queixa-crime|
      livro de reclamações|reclame aqui|danos morais
    `,
    nl: `
      mijn advocaat|onze advocaat|advocaat inschakelen|juridische stappen|gerechtelijke stappen|
      naar de rechter|voor de rechter|de rechtbank|aanklagen|klaag jullie aan|rechtszaak|aangifte doen|
      doe aangifte|ingebrekestelling|in gebreke|consumentenbond|geschillencommissie|
      autoriteit persoonsgegevens|schadevergoeding eisen|incassobureau
    `,
    sv: 'min advokat|rättsliga åtgärder|stämma er|konsumentverket|allmänna reklamationsnämnden',
    pl: `
      mój prawnik|mój adwokat|mojego prawnika|mojego adwokata|kroki prawne|kroków prawnych|drogę sądową|
      do sądu|pozew|rzecznik praw konsumenta|rzecznika praw konsumenta|rzecznika konsumentów|uokik
    `,
    ru: `
      мой адвокат|мой юрист|моему адвокату|моего юриста|подать в суд|подам в суд|подаю в суд|
      обращусь в суд|в суд|судебный иск|исковое заявление|роспотребнадзор*|в прокуратуру|
      досудебная претензия|досудебную претензию|защита прав потребителей|защите прав потребителей
    `,
    tr: `
      avukatım|avukatıma|avukatımla|yasal işlem|yasal yollara|hukuki süreç|dava açacağım|mahkemeye|
      tüketici hakem heyeti|savcılığa
    `,
    zh: `
      我的律师|我的律師|律师函|律師函|找律师|找律師|请律师|請律師|起诉|起訴|告你们|告你們|法律途径|法律途徑|法律手段|法律责任|法律責任|法律诉讼|法律訴訟|提告|上法院|法院见|法院見|
      消费者协会|消費者協會|消协|消保官|消费者权益保护|打12315|12315投诉|消费维权|投诉到工商|仲裁
    `,
    ja: '弁護士に|弁護士を|弁護士と|弁護士から|顧問弁護士|法的措置|法的手段|法的対応|訴訟|訴えます|訴える|裁判|提訴|告訴|被害届|消費者センター|消費生活センター|国民生活センター|内容証明',
    ko: '변호사|법적 조치|법적 대응|고소하|소송|한국소비자원|소비자원에|소비자보호원',
    ar: 'المحامي|محامي|إجراءات قانونية|الإجراءات القانونية|المحكمة|دعوى قضائية|مقاضاة|حماية المستهلك',
  },
  security: {
    en: `
      hacked|hacker|hackers|been hacked|got hacked|account was compromised|account is compromised|
      account has been compromised|account got compromised|compromised account|account compromised|
      been compromised|someone else logged|someone logged in|someone else is using my|somebody logged|
      someone accessed my|someone has accessed|someone got into my|someone else accessed|someone stole|
      stolen card|stole my card|card was stolen|card has been stolen|stole my identity|identity theft|
      unauthorized|unauthorised|unrecognized login|unrecognised login|suspicious login|
      suspicious activity|suspicious sign in|login i did not|login that wasn't me|logins i don't|
      did not authorize|didn't authorize|did not authorise|didn't authorise|fraud|fraudulent|
      fraudulently|fraudster*|scam|scammed|scammer|scammers|phishing|phishing mail|data breach|data leak|
      security breach|security vulnerability|security hole|vulnerability in your|xss|sql injection|
      malware|ransomware|account takeover|leaked my|my data was leaked|account was stolen|
      account has been stolen|account got stolen|stolen account|someone changed my password|
      someone changed my email
    `,
    de: `
      gehackt|gehackte|gehacktes|hacker|hackerangriff|phishing|das ist betrug|ein betrug|
      opfer von betrug|opfer eines betrugs|betrugsfall|betrugsversuch|betrugsverdacht|betrugsmasche|
      betrüger|betrügerisch*|betrogen|identitätsdiebstahl|datenleck|datenpanne|kontoübernahme|unbefugt*|
      unautorisiert*|nicht autorisiert*|fremder zugriff|fremdzugriff|konto kompromittiert|kompromittiert|
      verdächtige anmeldung|verdächtige aktivität*|sicherheitslücke|karte wurde gestohlen|
      karte gestohlen|konto wurde gestohlen|konto missbraucht|karte missbraucht|daten missbraucht|schadsoftware
    `,
    fr: `
      piraté|piratée|piratés|pirate informatique|hacké|hackée|hameçonnage|phishing|fraude|frauduleux|
      frauduleuse|frauduleuses|arnaque|arnaqué|arnaquée|escroc|escroquerie|usurpation d'identité|usurpé|
      fuite de données|violation de données|non autorisé|non autorisée|non autorisés|compte compromis|
      connexion suspecte|activité suspecte|faille de sécurité|carte volée|compte volé|volé mon compte
    `,
    es: `
      hackeado|hackeada|hackearon|hackeo|pirateado|pirateada|phishing|fraude|fraudulento|fraudulenta|
      fraudulentos|estafa|estafado|estafada|estafador|estafadores|suplantación de identidad|suplantaron|
      robo de identidad|filtración de datos|fuga de datos|brecha de seguridad|no autorizado|
      no autorizada|no autorizados|cuenta comprometida|acceso sospechoso|actividad sospechosa|
      inicio de sesión sospechoso|tarjeta robada|me robaron la cuenta|me robaron la tarjeta|
      cuenta robada|vulnerabilidad de seguridad
    `,
    it: `
      hackerato|hackerata|hackerati|hacker|violato il mio account|account violato|phishing|frode|
      fraudolento|fraudolenta|fraudolenti|truffa|truffato|truffata|truffatori|furto d'identità|
      furto di identità|violazione dei dati|fuga di dati|non autorizzato|non autorizzata|non autorizzati|
      account compromesso|accesso sospetto|attività sospetta|carta rubata|rubato l'account|
      account rubato|falla di sicurezza
    `,
    pt: `
      hackeado|hackeada|hackearam|invadida|invadiram minha|invadiram a minha|invadiram meu|
      conta invadida|phishing|fraude|fraudulento|fraudulenta|caí num golpe|caí em um golpe|foi um golpe|
      é um golpe|golpista|golpistas|burla|roubo de identidade|vazamento de dados|fuga de dados|
      não autorizado|não autorizada|não autorizados|não reconheço esta compra|conta comprometida|
      acesso suspeito|atividade suspeita|cartão roubado|roubaram meu cartão|roubaram minha conta|
      conta roubada|falha de segurança
    `,
    nl: `
      gehackt|gehackte|hacker|hackers|phishing|fraude|frauduleus|frauduleuze|oplichting|opgelicht|
      oplichter|oplichters|identiteitsfraude|identiteitsdiefstal|datalek|ongeautoriseerd*|onbevoegd*|
      niet geautoriseerd*|account gecompromitteerd|gecompromitteerd|verdachte activiteit|
      verdachte inlog*|beveiligingslek|pas is gestolen|kaart is gestolen|account gestolen|
      gestolen account|account is gestolen
    `,
    sv: 'hackad|hackat|hackade|bedrägeri|bedragare|nätfiske|dataintrång|obehörig*|identitetsstöld',
    pl: `
      zhakowan*|włamanie na|włamał się|włamano|oszustwo|oszust*|phishing|wyciek danych|nieautoryzowan*|
      kradzież tożsamości|skradziono mi kartę|skradziona karta|skradzione konto
    `,
    ru: `
      взломали|взломан|взломана|взломано|взлом аккаунта|мошенник*|мошенничеств*|фишинг*|утечка данных|
      утечку данных|несанкционированн*|украли аккаунт|украли карту|украли мои данные
    `,
    tr: `
      hacklendi|hesabım çalındı|ele geçirildi|dolandırıldım|dolandırıcı*|dolandırıcılık|kimlik avı|
      veri sızıntısı|yetkisiz|izinsiz işlem
    `,
    zh: `
      被盗|被盜|盗号|盜號|盗刷|盜刷|黑客|駭客|诈骗|詐騙|骗子|騙子|欺诈|欺詐|钓鱼网站|釣魚網站|钓鱼邮件|釣魚郵件|钓鱼短信|信息泄露|信息泄漏|資料外洩|个资外泄|個資外洩|数据泄露|
      数据泄漏|未经授权|未經授權|非本人操作|异地登录|異地登入|异常登录|異常登入|可疑登录|可疑登入|安全漏洞|身份被冒用|身份盗用|身分盜用
    `,
    ja: `
      不正アクセス|不正ログイン|不正利用|不正使用|不正請求|乗っ取|ハッキング|ハッカー|フィッシング|詐欺|なりすまし|情報漏洩|情報漏えい|個人情報が漏|データ流出|情報流出|身に覚えのない請求|
      身に覚えのないログイン|身に覚えのない注文|見覚えのないログイン|脆弱性|アカウントを盗まれ|アカウントが盗まれ|カードを盗まれ|カードが盗まれ
    `,
    ko: '해킹|해커|피싱|사기를|사기꾼|사기 당|도용|개인정보 유출|정보 유출|무단 결제|무단 로그인|무단으로',
    ar: 'اختراق|تم اختراق|مخترق|احتيال|نصب واحتيال|تصيد|تسريب البيانات|سرقة حسابي|سرق حسابي|غير مصرح',
  },
  angry: {
    en: `
      furious|outraged|outrageous|disgusted|disgusting|disgrace|disgraceful|appalled|appalling|
      unacceptable|ridiculous|pathetic|useless company|useless service|useless support|worst service|
      worst support|worst company|worst experience|worst customer|terrible service|horrible service|
      awful service|terrible support|terrible customer service|horrible customer service|
      awful customer service|fed up|sick of this|sick and tired|so angry|very angry|extremely angry|
      really angry|extremely disappointed|wtf|bullshit|fucking|fuck|shitty|piece of shit|piece of crap|
      crap service|rip off|ripoff|ripped off|you are thieves|you're thieves|you thieves|bunch of thieves|
      liars|complete joke|an absolute joke|what a joke|never again|never buy from you again|
      never buying from you|never order again|waste of time|waste of money|incompetent|incompetence|
      idiots|shame on you|how dare you|final warning|lost my patience|losing my patience|
      running out of patience|out of patience|i've had enough|i have had enough|we have had enough
    `,
    de: `
      unverschämt|unverschämtheit|frechheit|unzumutbar|inakzeptabel|nicht akzeptabel|unfassbar|
      lächerlich|ist ein witz|schlechter witz|skandal|skandalös|katastrophal|schnauze voll|nase voll|
      jetzt reicht es|mir reicht es|mir reicht's|jetzt reicht's|stinksauer|stocksauer|sehr verärgert|
      wütend|empört|nie wieder|letzte mahnung|letzte warnung|saftladen|schlechtester service|
      schlechteste service|unterirdisch|scheiße|scheiss*|scheiß*|verarscht|verarschen|verarsche|abzocke|
      abzocker|zum kotzen|idioten|unmöglich von ihnen|zumutung
    `,
    fr: `
      inadmissible|inacceptable|scandaleux|scandaleuse|honteux|honteuse|une honte|quelle honte|ridicule|
      lamentable|intolérable|furieux|furieuse|en colère|ras le bol|j'en ai marre|y en a marre|
      j'en ai assez|excédé|excédée|voleurs|menteurs|incompétents|incompétence|bande d'incapables|
      bande de voleurs|foutage de gueule|foutez de|moquez de|merde|putain|plus jamais|
      dernier avertissement|pire service|service déplorable|déplorable|perdu patience
    `,
    es: `
      inaceptable|inadmisible|indignante|indignado|indignada|vergonzoso|vergonzosa|una vergüenza|
      qué vergüenza|ridículo|pésimo|pésima|pésimo servicio|furioso|furiosa|enfadado|enfadada|enojado|
      enojada|muy molesto|muy molesta|harto|harta|estoy cansado de|estoy cansada de|ladrones|mentirosos|
      incompetentes|una burla|tomadura de pelo|se burlan|mierda|nunca más|última advertencia|
      el peor servicio|peor servicio|intolerable|porquería|joder
    `,
    it: `
      inaccettabile|vergognoso|vergognosa|una vergogna|che vergogna|vergognatevi|ridicolo|scandaloso|
      scandalosa|furioso|furiosa|arrabbiato|arrabbiata|arrabbiatissimo|indignato|indignata|sono stufo|
      sono stufa|siamo stufi|esasperato|esasperata|ladri|bugiardi|incompetenti|presa in giro|
      prendendo in giro|schifo|merda|cazzo|mai più|ultimo avviso|pessimo servizio|servizio pessimo|
      peggior servizio|intollerabile|inammissibile
    `,
    pt: `
      inaceitável|inadmissível|absurdo|um absurdo|vergonhoso|vergonhosa|uma vergonha|que vergonha|
      ridículo|revoltado|revoltada|indignado|indignada|furioso|furiosa|estou irritado|estou irritada|
      muito irritado|muito irritada|péssimo|péssima|péssimo atendimento|cansado de esperar|
      cansada de esperar|ladrões|mentirosos|incompetentes|palhaçada|falta de respeito|descaso|merda|
      porra|nunca mais|último aviso|pior atendimento|pior serviço|lamentável|farto|farta
    `,
    nl: `
      onacceptabel|schandalig|schande|schandelijk|belachelijk|woedend|boos|heel boos|woest|
      helemaal klaar mee|ik ben het zat|ik ben het beu|dieven|leugenaars|incompetent|waardeloos|
      waardeloze|bespottelijk|ongehoord|te gek voor woorden|nooit meer|laatste waarschuwing|
      slechtste service|slechte service|klote|kut|verdomme|godverdomme|genaaid|afzetters|schaam je|
      schamen
    `,
    sv: 'oacceptabelt|skandal|förbannad|jätteförbannad|väldigt arg|så arg|sämsta service|aldrig mer|skämt',
    pl: 'skandal|niedopuszczalne|wściekł*|żenada|kpina|nigdy więcej|oburzon*|złodzieje|najgorsz* obsług*',
    ru: `
      безобразие|возмутительно|возмущен*|возмущён*|отвратительн*|ужасный сервис|худший сервис|
      никогда больше|кошмар|обманщики|надоело|хамство|издевательство|позор|воры
    `,
    tr: `
      rezalet|kabul edilemez|bıktım|yeter artık|saçmalık|utanç verici|bir daha asla|çok kızgınım|
      sinirliyim|berbat
    `,
    zh: `
      太过分|太過分|气死|氣死|忍无可忍|忍無可忍|无法接受|無法接受|不可接受|垃圾公司|垃圾客服|垃圾服务|垃圾服務|垃圾平台|太差劲|太差勁|差评|差評|骗人|騙人|无耻|無恥|真恶心|太恶心|令人恶心|真噁心|太噁心|愤怒|
      憤怒|生气|生氣|火大|他妈的|他媽的|坑人|坑爹|最差的|再也不买|再也不買|再也不会|再也不會|欺骗消费者|欺騙消費者|最后一次警告|受够了|受夠了|离谱|離譜|投诉你们|投訴你們
    `,
    ja: `
      ふざけるな|ふざけないで|ふざけて|いい加減に|いい加減にして|許せない|許せません|怒って|怒り|腹が立|最悪|最低です|最低な|最低の対応|ひどすぎ|酷すぎ|あり得ない|ありえない|二度と|
      信じられない|話にならない|納得できません|納得いかない|ムカつく|むかつく|呆れ
    `,
    ko: '화가 나|화나|최악|어이없|황당|짜증|참을 수 없|장난하|다시는|엉망',
    ar: 'غاضب|غاضبة|أسوأ خدمة|غير مقبول|فضيحة|مهزلة|عار عليكم|كفى',
  },
};
