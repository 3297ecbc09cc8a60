/** Greetings, thanks, pronouns and particles: in every ticket, whatever it asks. Negations and question words stay. */

const lists: Record<string, string> = {
  en: `
    hello hi hey dear good morning evening afternoon thanks thank please regards best kind cheers team
    sir madam sincerely looking forward hearing advance sorry bother hope name i m ve s d ll re you we
    they it he she the a an and or am is are was were be been being this that these those to of for in
    on my your our me us have has had do does did but so as at from with by if then there will would
    could should just also very really
  `,
  de: `
    hallo guten tag morgen abend moin sehr geehrte geehrter damen herren liebes liebe team danke vielen
    dank bitte gruß grüße grüßen freundlichen mfg viele beste im voraus ich du sie wir ihr es er der die
    das den dem des ein eine einen einem einer und oder ist sind war waren bin habe hat haben hatte wird
    werden wurde zu von für in an am auf mit bei aus als auch aber so mein meine meinen meinem meiner
    mir mich ihnen ihre ihren dass wenn dann da noch schon mal
  `,
  fr: `
    bonjour bonsoir salut madame monsieur merci beaucoup avance cordialement cdlt svp s il vous plaît
    plait bien à équipe je j tu nous elle on le la les l un une des de du d et ou est sont était suis ai
    a avez avons été être avoir ce c cette ces cet que qu qui en dans sur pour par avec au aux mon ma
    mes m me votre vos notre se si mais donc y très aussi
  `,
  es: `
    hola buenos buenas días dias tardes noches estimado estimados estimada equipo gracias muchas
    antemano saludos cordiales atentamente por favor yo tú usted ustedes nosotros el la los las lo un
    una unos unas y o es son era fue soy he ha han hemos hay ser estar está estoy esto esta este ese esa
    de del a al en con para que se me mi mis su sus nos pero si como muy también ya
  `,
  it: `
    ciao buongiorno buonasera salve gentile gentili team grazie mille anticipo cordiali saluti distinti
    per favore io tu lei noi voi il lo la i gli le l un uno una e o è sono era ho ha abbiamo hanno
    essere avere sta questo questa questi di del della dei delle a al alla in nel nella con su da dal
    che mi mio mia miei mie vostro vostra ci si ma se come anche molto già
  `,
  pt: `
    olá ola oi bom boa dia tarde noite prezados prezado caro equipe equipa obrigado obrigada desde já
    atenciosamente cumprimentos abraços por favor eu você vocês nós ele ela o a os as um uma uns e ou é
    são era foi sou estou está tenho tem temos ter ser isto isso este esta esse essa de do da dos das em
    no na nos nas com para pra que se me meu minha meus minhas seu sua mas como muito também
  `,
  nl: `
    hallo hoi goedemorgen goedemiddag goedenavond goedendag beste geachte team bedankt dank u wel alvast
    vriendelijke groet groeten met alstublieft graag ik jij je jullie wij we ze zij hij het de een en of
    is zijn was waren ben heb heeft hebben had wordt worden dit dat deze die te van voor in op aan bij
    uit om als ook maar dus mijn mij me uw ons er nog al
  `,
};

export const stopWords: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(lists).map(([language, words]) => [language, new Set(words.trim().split(/\s+/u))]),
);

/** The same for scripts without spaces, longest first. */
export const stopPhrases =
  /よろしくお願いいたします|よろしくお願いします|お世話になっております|ありがとうございます|ありがとうございました|お願いいたします|お願いします|こんにちは|はじめまして|すみません|です|ます|안녕하세요|감사합니다|부탁드립니다|수고하세요|你好|您好|大家好|请问|請問|谢谢|謝謝|感谢|感謝|麻烦|麻煩|打扰了|打擾了/gu;
