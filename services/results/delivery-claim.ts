/** What the delivery of a ticket needs of its record. */
import { z } from 'zod';
import type { Claim } from '../../shared/record/record.ts';

export const deliverFields = ['rep', 'rty', 'dst', 'dlv', 'da', 'dw', 'gen', 'rs'] as const;
export type DeliverClaim = Claim<(typeof deliverFields)[number]>;

export const typeOf = (claim: DeliverClaim): string => claim.fields.rty ?? 'reply';
export const generationOf = (claim: DeliverClaim): number => Number(claim.fields.gen ?? '1');
export const isResent = (claim: DeliverClaim): boolean => claim.fields.rs === '1';
export const attemptsOf = (claim: DeliverClaim): number => Number(claim.fields.da ?? '0');
export const deliveriesOf = (claim: DeliverClaim): unknown[] =>
  z.array(z.unknown()).parse(JSON.parse(claim.fields.dlv ?? '[]'));
