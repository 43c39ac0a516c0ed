/** How sure a label is: 属于 (`"1"`), 可能 (`"2"`), 疑似 (`"3"`). */
export type Level = "is" | "possible" | "suspected";

/** What is stated about one piece of content (GB 45438-2025, Annex E). */
export interface Label {
  /** Name or 27-character code of the provider that generated the content (`ContentProducer`). */
  producer: string;
  /** How sure (`Label`); `is` where it is missing. */
  level?: Level;
  /** The producer's unique number for this content (`ProduceID`); one is made where it is missing. */
  produceId?: string;
  /** The producer's protection data (`ReservedCode1`). */
  reservedCode1?: string;
  /** Who spreads the content (`ContentPropagator`); the producer where it is missing. */
  propagator?: string;
  /** The propagator's unique number (`PropagateID`); the produce id where it is missing. */
  propagateId?: string;
  /** The propagator's protection data (`ReservedCode2`). */
  reservedCode2?: string;
  /** How the content came to be: a term of the IPTC digital source types. */
  sourceType?: string;
  /** The system behind the content. */
  origin?: Origin;
}

/**
 * The system that made the content; GB 45438-2025 asks for none of it. Prompt and prompt writer can hold
 * personal data: they are written only with `iptcAiFields`.
 */
export interface Origin {
  systemName?: string;
  systemVersion?: string;
  modelId?: string;
  /** Time of creation, RFC 3339. */
  createdAt?: string;
  /** What people did to the content or checked, in words. */
  humanOversight?: string;
  prompt?: string;
  promptWriter?: string;
}

/** A place in a picture. */
export type Corner =
  | "top-left"
  | "top"
  | "top-right"
  | "left"
  | "right"
  | "bottom-left"
  | "bottom"
  | "bottom-right";

/** The notice that people perceive. */
export interface Notice {
  /** Why there is none (Measures, Article 9): the receipt holds it. */
  waived?: string;
  /** Where in a picture; bottom right where it is missing. */
  corner?: Corner;
  /** Where in a text, sound or film. */
  at?: ("start" | "middle" | "end")[];
  /** Languages of the notice, as BCP 47 tags; the profiles' own where they are missing. */
  languages?: string[];
  /** The lines themselves. */
  lines?: string[];
  /** On each page, slide or sheet. */
  eachPage?: boolean;
}

/** Who signs. The key is used here and goes nowhere. */
export interface Sign {
  /** The certificates, PEM, the signer's first; nothing for SM2. */
  chain?: string;
  /** The private key, PKCS #8 PEM. */
  key: string;
}
