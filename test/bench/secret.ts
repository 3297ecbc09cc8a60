/** Signs the deliveries of the benchmarks. */
export const benchSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
