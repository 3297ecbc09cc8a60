/** What every destination promises to the delivery worker, whatever it talks to. */

export type Delivery = {
  /** `msg_<ticketId>_<generation>`: the same in all attempts of one reply. */
  webhookId: string;
  /** The stored bytes, JSON; sent exactly as they are. */
  body: string;
  /** 0 for the first attempt. */
  attempt: number;
  /** True where an earlier attempt of the same reply ended without anybody knowing whether it arrived. */
  mayHaveArrived: boolean;
  /** Asked just before something is sent that cannot be taken back: false where the lease went to another worker. */
  isStillOurs: () => Promise<boolean>;
};

/** `reason` is for people and logs: it never contains the body, nor anything that the receiver answered. */
export type DeliveryOutcome =
  | { kind: 'delivered'; status: number | null }
  | {
      kind: 'retry';
      status: number | null;
      /** What the receiver asked us to wait, already clamped; null where it did not say. */
      retryAfterMs: number | null;
      /** True only where the receiver cannot have got it. */
      provablyUnsent: boolean;
      reason: string;
      /** True where nothing was begun: it waits for its turn, and no attempt of the schedule is used up. */
      isWaiting?: true;
      /** True where the receiver was reached and is well: it is this conversation that makes it wait. */
      receiverIsWell?: true;
    }
  /** Somebody else has the word: a person answers, or the customer has written again. Nothing was sent. */
  | { kind: 'overtaken'; cause: 'with_people' | 'newer_message'; reason: string }
  /** Whether it arrived cannot be found out: people must look. */
  | { kind: 'unsure'; reason: string }
  /** The receiver wants no more of anything: the destination is to be disabled. */
  | { kind: 'gone'; status: number; reason: string }
  /** This delivery can never succeed, however often it is repeated. */
  | { kind: 'rejected'; status: number | null; reason: string };

export type Destination = {
  /** The name in tierline.yaml. */
  name: string;
  type: string;
  /** Never throws for anything that the receiver, the network or the disk does. `signal` ends the attempt early. */
  deliver: (delivery: Delivery, signal: AbortSignal) => Promise<DeliveryOutcome>;
  close: () => Promise<void>;
};
