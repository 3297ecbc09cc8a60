/** The entry of the command line. What was compiled once is kept: a command then starts in half the time. */
import { enableCompileCache } from 'node:module';
import path from 'node:path';
import { dataFolder } from './project.ts';

enableCompileCache(path.join(dataFolder, 'compile-cache'));
const { main } = await import('./command-line.ts');
await main();
