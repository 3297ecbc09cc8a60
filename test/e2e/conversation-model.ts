/** A model server whose answers a test holds back, and whose replies name the questions that were in their prompt. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { openAiWire } from '../fakes/provider-wire.ts';

export type ConversationModel = {
  url: string;
  /** From now on answers to prompts with this word wait. */
  hold: (word: string) => void;
  /** Resolves when an answer to exactly these questions is being held. */
  isWriting: (questions: string[]) => Promise<void>;
  /** Lets all answers go, held ones too. */
  release: () => void;
  close: () => Promise<void>;
};

type Body = { response_format?: unknown; messages: { role: string; content: string }[] };

/** What the small model says: hard questions are of the highest tier. */
const labels = (prompt: string): string =>
  JSON.stringify({ queryType: 'shipping', complexity: prompt.includes('HARD') ? 0.9 : 0.2, language: 'en' });

/** Words like `Q12`, in their order. */
export const questionsIn = (text: string): string[] => [...text.matchAll(/\bQ\d+\b/g)].map(([word]) => word);

export async function startConversationModel(): Promise<ConversationModel> {
  const held: { questions: string; release: () => void }[] = [];
  const waiting = new Set<() => void>();
  let heldWord: string | null = null;

  const reply = async (body: Body): Promise<string> => {
    const prompt = body.messages.map(({ content }) => content).join('\n');
    if (body.response_format !== undefined) return labels(prompt);
    const questions = questionsIn(prompt).join(' ');
    if (heldWord !== null && prompt.includes(heldWord)) {
      await new Promise<void>((release) => {
        held.push({ questions, release });
        for (const wake of waiting) wake();
      });
    }
    return `Answers to ${questions}.`;
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Body & {
        stream?: boolean;
        model: string;
      };
      void reply(body).then((text) => {
        const wire = openAiWire({ text }, body.model);
        const type = body.stream === true ? 'text/event-stream' : 'application/json';
        response.writeHead(200, { 'content-type': type });
        response.end(
          body.stream === true ? [...wire.before, ...wire.pieces, ...wire.after].join('') : wire.json,
        );
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    hold(word) {
      heldWord = word;
    },
    async isWriting(questions) {
      const wanted = questions.join(' ');
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = (): void => {
        if (held.some((call) => call.questions === wanted)) resolve();
      };
      waiting.add(look);
      look();
      await promise;
      waiting.delete(look);
    },
    release() {
      heldWord = null;
      for (const call of held.splice(0)) call.release();
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
