/** The flags that the classifier knows by itself. */
export const flagNames = ['legal', 'security', 'angry', 'long', 'multi_question', 'attachments'] as const;
