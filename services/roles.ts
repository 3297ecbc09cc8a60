/** What a process can be told to be: `tierline run <role…>`; `all` stands for every one of them. */
export const roles = ['ingest', 'classifier', 'tier', 'results', 'console'] as const;

export type Role = (typeof roles)[number] | 'all';
