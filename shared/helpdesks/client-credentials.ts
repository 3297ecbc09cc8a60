/** OAuth 2.0 client credentials (RFC 6749, 4.4): a bearer token that is fetched as it is needed and kept while it lasts. */
import { z } from 'zod';
import { failed } from './desk-http.ts';
import type { DeskHttp, DeskRequest, DeskResponse } from './desk-http.ts';
import type { DeskFailure } from './desk.ts';

/** Renewed a little before its end, for a request takes its time. */
const spareMs = 60_000;
const grantSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });

type Grant = { kind: 'granted'; token: string; endsAtMs: number };

/** Requests with a bearer token; one that is refused as expired or taken back is replaced once. */
export function withClientCredentials(
  http: DeskHttp,
  { tokenUrl, credentials }: { tokenUrl: string; /** clientId:clientSecret */ credentials: string },
): Pick<DeskHttp, 'request'> {
  const [clientId = '', ...rest] = credentials.split(':');
  let current: Promise<Grant | DeskFailure> | null = null;

  async function fetchGrant(): Promise<Grant | DeskFailure> {
    const json = {
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: rest.join(':'),
    };
    // Many requests wait for the one token, so that of one which is cancelled does not end it.
    const { signal } = new AbortController();
    const response = await http.request({ method: 'POST', url: tokenUrl, headers: {}, json, signal });
    // Asking for a token writes nothing to a conversation, however it ended.
    if (response.kind === 'failed') return { ...response, provablyUnsent: true };
    const { status } = response;
    if (response.kind === 'refused') {
      const reason = `the helpdesk refused the client id and secret (${status})`;
      return { ...response.failure, provablyUnsent: true, reason };
    }
    const grant = grantSchema.safeParse(response.json);
    if (!grant.success) {
      return failed({
        status,
        provablyUnsent: true,
        reason: 'its answer about the token was of another shape',
      });
    }
    const { access_token: token, expires_in: seconds } = grant.data;
    return { kind: 'granted', token, endsAtMs: performance.now() + seconds * 1000 - spareMs };
  }

  async function grantNow(refused: string | null): Promise<Grant | DeskFailure> {
    const asked = current;
    const known = await asked;
    const isUsable =
      known?.kind === 'granted' && known.token !== refused && known.endsAtMs > performance.now();
    if (isUsable) return known;
    // Whoever comes first asks for a new one; the others wait for it.
    current = current === null || current === asked ? fetchGrant() : current;
    return current;
  }

  async function request(wanted: DeskRequest, refused: string | null): Promise<DeskResponse> {
    const grant = await grantNow(refused);
    if (grant.kind === 'failed') return grant;
    const headers = { ...wanted.headers, authorization: `Bearer ${grant.token}` };
    const response = await http.request({ ...wanted, headers });
    const isOld = response.kind === 'refused' && response.status === 401 && refused === null;
    return isOld ? request(wanted, grant.token) : response;
  }

  return { request: (wanted) => request(wanted, null) };
}
