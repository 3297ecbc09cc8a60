/** The misbehaving provider in a process of its own: `node provider-process.ts '<behaviour as JSON>'`; ends with its parent. */
import { startProvider } from './provider.ts';
import type { Behaviour } from './provider.ts';

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own tests and benches start it
const behave = JSON.parse(process.argv[2] ?? '{}') as Behaviour;
const provider = await startProvider({ behave, record: false });
process.on('disconnect', () => void provider.close());
process.send?.(provider.url);
