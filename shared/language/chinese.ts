/**
 * Simplified or traditional Chinese, and kanji that are neither, by characters that exist on one side only. The lists are
 * the national character sets themselves, read from the decoders that Node carries (WHATWG Encoding Standard): GB 2312
 * for mainland China, Big5 for Taiwan, JIS X 0208 for Japan. Simplified only = the 3,755 most common characters of
 * GB 2312 (level 1) that Big5 lacks; traditional only = the 5,401 most common of Big5 (level 1) that GB 2312 lacks.
 */
const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

function charactersOf(encoding: string, leads: number[], trails: number[]): Set<string> {
  const bytes = leads.flatMap((lead) => trails.flatMap((trail) => [lead, trail]));
  const text = new TextDecoder(encoding).decode(Uint8Array.from(bytes));
  return new Set(text.match(/\p{Script=Han}/gu) ?? []);
}

/** Written on both sides in spite of the tables: variants, pronouns and given names. */
const shared = '着妳牠昇珮祐勗恆崑崙燄彥玨瑠姪菸瞭囉嗶甦喫徬剋迴隻佈';

export type ChineseScript = 'Hans' | 'Hant';
export type ChineseReader = {
  /** null where no character decides (退款 and 你好 are the same on both sides) or both sides are mixed. */
  scriptOf: (text: string) => ChineseScript | null;
  /** True where a kanji occurs that is written in Japan only (返金手続). */
  hasJapaneseOnly: (text: string) => boolean;
};

export function createChineseReader(): ChineseReader {
  const big5Trails = [...range(0x40, 0x7e), ...range(0xa1, 0xfe)];
  const gbCommon = charactersOf('gbk', range(0xb0, 0xd7), range(0xa1, 0xfe));
  const gbAll = charactersOf('gbk', range(0xb0, 0xf7), range(0xa1, 0xfe));
  const big5Common = charactersOf('big5', range(0xa4, 0xc6), big5Trails);
  const big5All = charactersOf('big5', range(0xa4, 0xf9), big5Trails);
  const jisCommon = charactersOf('shift_jis', range(0x88, 0x97), [
    ...range(0x40, 0x7e),
    ...range(0x80, 0xfc),
  ]);
  const both = new Set(shared);
  const simplified = gbCommon.difference(big5All).difference(both);
  const traditional = big5Common.difference(gbAll).difference(both);
  const japanese = jisCommon.difference(gbAll).difference(big5All);

  return {
    scriptOf: (text) => {
      let hans = 0;
      let hant = 0;
      for (const character of text) {
        if (simplified.has(character)) hans += 1;
        else if (traditional.has(character)) hant += 1;
      }
      if (hans > hant * 4) return 'Hans';
      return hant > hans * 4 ? 'Hant' : null;
    },
    hasJapaneseOnly: (text) => (text.match(/\p{Script=Han}/gu) ?? []).some((kanji) => japanese.has(kanji)),
  };
}
