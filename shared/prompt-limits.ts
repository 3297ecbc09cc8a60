/** How large the parts of an answer's prompt can get, in tokens as they are estimated for the model that is asked. */

/** The message itself; what is longer is cut, and the model is told so. */
export const maxBodyTokens = 10_000;
/** All unanswered messages before it together. */
export const maxEarlierTokens = 3500;
/** What was written back and forth before, together. */
export const maxHistoryTokens = 1500;
/** A ticket of the largest size: the above with their subjects, names and marks. */
export const maxTicketTokens = 18_000;

/** Retrieved articles, together. */
export const maxArticleTokens = 2000;

/** The built-in instructions. */
export const maxInstructionTokens = 600;
