/** Where the project is on this machine. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectFolder = fileURLToPath(new URL('../../', import.meta.url));
/** Where the embedded Redis, the key of `npm start` and its replies live. */
export const dataFolder = path.join(projectFolder, '.tierline');
