/** A reply without a letter or digit says nothing. */
export const isEmpty = ({ text }: { text: string }): boolean => !/[\p{L}\p{N}]/u.test(text);
