/** The classifier's pool. */
import type { App, Running } from '../../shared/app.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { classifyQueue } from '../../shared/stages.ts';
import { startStage } from '../../shared/work.ts';
import { classifyStage } from './classify.ts';
import { createLabeller } from './labeller.ts';
import type { Labeller } from './labeller.ts';
import { desksByRuntime } from './read-ticket.ts';

/** Classifying waits for a small model most of the time; its local part takes well under a millisecond. */
const concurrency = 50;

export async function start(app: App): Promise<Running> {
  const built = new WeakMap<Runtime, Promise<Labeller>>();
  const labellerOf = (runtime: Runtime): Promise<Labeller> => {
    let labeller = built.get(runtime);
    if (!labeller) {
      labeller = createLabeller(runtime.config);
      built.set(runtime, labeller);
    }
    return labeller;
  };
  // The first ticket need not wait for it.
  await labellerOf(app.runtime());
  return startStage(app, classifyStage(app, labellerOf, desksByRuntime(app)), {
    queues: { live: classifyQueue('live'), backlog: classifyQueue('backlog') },
    concurrency,
  });
}
