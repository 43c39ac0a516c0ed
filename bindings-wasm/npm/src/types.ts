// What the library answers with. Written by `cargo xtask generate` from its schemas.

/** A file format that can be read and labelled. */
export type Format = "png" | "jpeg" | "webp" | "gif" | "tiff" | "dng" | "heif" | "avif" | "jxl" | "svg" | "mp4" | "mov" | "m4a" | "3gp" | "matroska" | "webm" | "avi" | "flv" | "wav" | "mp3" | "aac" | "aiff" | "flac" | "ogg" | "opus" | "pdf" | "docx" | "xlsx" | "pptx" | "epub" | "odt" | "ods" | "odp" | "html" | "json" | "vtt" | "srt" | "markdown" | "csv" | "javascript" | "txt";

/** What kind of content a file holds (Measures, Article 3). */
export type Modality = "text" | "image" | "audio" | "video" | "virtual_scene";

/** What a platform has to assume about the content (Measures, Article 6). */
export type Status = "confirmed" | "possible" | "suspected" | "inconclusive" | "none";

/** One thing found, with the place where it was found. */
export type Evidence = {
  /** How it is carried. */
  carrier: CarrierKind;
  /** Who perceives it. */
  kind: LabelKind;
  /** Where it stands. */
  site: Site;
  /** What it states. */
  claim: Claim;
  /** Whether that can be believed. */
  integrity: Integrity;
  /** Whose key, if `integrity` is `intact`. */
  key?: Key | null;
  /** What ties it to this content, if `integrity` is `intact`. */
  bound?: Bound | null;
  /** The label's fields, if it is one. */
  label?: LabelFields | null;
  /** The source type or action that it states, as written. */
  source_type?: string | null;
  /** Who signed it. */
  signer?: SignerInfo | null;
  /** Validation codes as the C2PA standard names them. */
  codes?: string[];
  /** What it states about the origin. */
  stated?: Stated | null;
  /** The row of the table of vendor marks, traces or signature dialects that it was read by. */
  dialect?: string | null;
  /** What was perceived, if it is a notice for people. */
  notice?: Perceived | null;
  /** What was read, if it is a watermark. */
  watermark?: Watermark | null;
  /** Signals as the C2PA asset rubrics name them. */
  signals?: string[];
};

/** The way in which a statement is carried. */
export type CarrierKind = "aigc_metadata" | "iptc_source_type" | "c2pa_manifest" | "c2pa_assertion" | "c2pa_ingredient" | "iptc_ai_fields" | "vendor_mark" | "generator_trace" | "explicit_notice" | "watermark";

/** Whether people or machines perceive it (Measures, Article 3). */
export type LabelKind = "explicit" | "implicit_metadata" | "implicit_content";

/** Where in a file something stands. */
export type Site = {
  /** The metadata place or part, for example `xmp`, `text:AIGC`, `IDAT`. */
  slot: string;
  /** First byte, counted from the start of the file. */
  offset: number;
  /** Number of bytes. */
  length: number;
};

/** What a piece of evidence states about the making of the content. */
export type Claim = "ai" | "possibly_ai" | "suspected_ai" | "not_ai" | "unclear" | "silent";

/** Whether a piece of evidence can be believed. */
export type Integrity = "not_checked" | "intact" | "broken" | "unsupported" | "absent";

/** Whose key an intact signature was made with. */
export type Key = "trusted" | "pinned" | "embedded" | "expired";

/** What ties an intact signature to this content. */
export type Bound = "content" | "picture" | "nothing";

/** The seven fields of a label as found. */
export type LabelFields = {
  /** `Label` */
  label: string;
  /** `ContentProducer` */
  content_producer: string;
  /** `ProduceID` */
  produce_id: string;
  /** `ReservedCode1` */
  reserved_code1: string;
  /** `ContentPropagator` */
  content_propagator: string;
  /** `PropagateID` */
  propagate_id: string;
  /** `ReservedCode2` */
  reserved_code2: string;
};

/** Who signed, according to the certificate. */
export type SignerInfo = {
  /** Common name of the certificate's subject. A claim unless the key is trusted. */
  name: string | null;
  /** Organisation of the certificate's subject. A claim unless the key is trusted. */
  organization: string | null;
  /** Issuer of the certificate. */
  issuer: string | null;
  /** Serial number of the certificate. */
  serial: string | null;
  /** Signature algorithm. */
  algorithm: string | null;
  /** SHA-256 of the certificate, in hex. */
  certificate_sha256: string | null;
  /** SHA-256 of the public key (SubjectPublicKeyInfo), in hex, where there is no certificate. */
  public_key_sha256?: string | null;
  /** Time of signing, if a time stamp states one (RFC 3339). */
  time: string | null;
};

/** What a mark states about the origin of the content, as written there.
 * 
 * Prompts and names of people are never taken over. */
export type Stated = {
  /** Who provides the generating system. */
  provider?: string | null;
  /** The generating system or model. */
  system?: string | null;
  /** Its version. */
  system_version?: string | null;
  /** When the content was made or changed. */
  time?: string | null;
  /** The number of this content. */
  unique_id?: string | null;
  /** What people checked or did. */
  oversight?: string | null;
};

/** A notice as perceived in a file, measured. Whole numbers, so that every machine says the same. */
export type Perceived = {
  /** What kind of notice it is. */
  form: Form;
  /** What read it. */
  reader: Reader;
  /** Its words, as read. */
  text?: string | null;
  /** Whether it has both elements: artificial intelligence, and generation or synthesis. A rhythm
   * has them by definition. */
  both_elements: boolean;
  /** Where in the text, sound or film. */
  at?: Moment | null;
  /** Where in the picture as displayed, in pixels: left, top, width, height of the ink. */
  rect?: number[] | null;
  /** Whether it touches an edge or corner of the picture. */
  edge?: boolean | null;
  /** Height of the ink against the shortest side, in thousandths, rounded down. */
  height_permille?: number | null;
  /** Begin on the time line, in milliseconds. */
  start_ms?: number | null;
  /** For how long at least it is seen or heard, in milliseconds. */
  duration_ms?: number | null;
};

/** What kind of notice it is. */
export type Form = "text" | "picture" | "rhythm";

/** What read it. */
export type Reader = "biaoshi" | "ocr";

/** Where a notice stands in a text, a sound or a film (GB 45438-2025 5.1, 5.3, 5.4). */
export type Moment = "start" | "middle" | "end";

/** A watermark that was read from the content itself.
 * 
 * A pointer, never proof: whoever knows the public scheme can write one, and can damage one. It
 * names no provider. */
export type Watermark = {
  /** The scheme, as `spec/watermark.md` names it. */
  scheme: string;
  /** The 64 bits that it carries: 16 hexadecimal digits. */
  payload: string;
  /** Which of the keys that the caller gave it was read with, from 0; nothing for the public one. */
  key?: number | null;
  /** Whether it belongs to the label in the metadata: `false` if it is that of another label. Nothing
   * where there is no label to compare with, or the payload is of another kind. */
  of_label?: boolean | null;
  /** How much of its coded signal agrees with what was read, 0 to 1000. */
  confidence_permille: number;
  /** Content without a watermark gives a reading like this at most once in 10 to the power of this
   * number of looks, by construction. */
  false_alarm_exponent: number;
};

/** The JSON form of a finding. */
export type Finding = {
  /** Stable code, see `biaoshi list findings`. */
  code: string;
  /** Weight. */
  severity: Severity;
  /** Clause or source. */
  clause: string;
  /** The sentence, in the language asked for. */
  message: string;
  /** What to do about it; may be empty. */
  hint: string;
  /** Where it applies. */
  site?: Site | null;
};

/** How much a finding weighs. */
export type Severity = "info" | "warning" | "error";

/** Whether the file satisfies one profile. */
export type Verdict = {
  /** The profile's name, for example `cn-gb45438`. */
  profile: string;
  /** The sum of its checks. */
  outcome: Outcome;
  /** Every check, those a file can't show included. */
  checks: Check[];
};

/** What a rule set says about the file. */
export type Outcome = "compliant" | "noncompliant" | "not_found" | "inconclusive" | "not_applicable";

/** One check of a profile. */
export type Check = {
  /** Stable name within the profile. */
  id: string;
  /** The clause that it rests on. */
  clause: string;
  /** How it came out. */
  result: CheckResult;
  /** Why it could not be run, if `result` is `not_checkable`. */
  reason?: Reason | null;
  /** How well the rule is known; left out if it is `stated`. */
  sure?: Sure;
  /** Whether it is only recommended: a failure does not count in the outcome. */
  recommended?: boolean;
  /** Codes of the findings that made it fail. */
  findings?: string[];
};

/** Result of one check of a profile. */
export type CheckResult = "pass" | "fail" | "not_checkable" | "not_applicable";

/** Why a check could not be run on a file. */
export type Reason = "in_content" | "not_looked" | "no_program" | "not_recognised" | "no_watermark" | "other_notice" | "in_service" | "in_record" | "opaque" | "history" | "unread" | "unpublished" | "signature_unchecked" | "no_anchors";

/** How well a rule is known. */
export type Sure = "stated" | "inferred" | "unconfirmed";

/** The JSON form of a `Duty`. */
export type Duty = {
  /** The profile that states it. */
  profile: string;
  /** Stable name within the profile. */
  id: string;
  /** What kind of act it asks for. */
  kind: DutyKind;
  /** Who owes it. */
  who: Who;
  /** The clause. */
  clause: string;
  /** How well it is known. */
  sure: Sure;
  /** From when on, if later than the profile (ISO 8601 date). */
  from?: string | null;
  /** When it is owed and when not, in the language asked for; may be empty. */
  note: string;
  /** The words to show, by language. */
  texts?: DutyText[];
  /** The fields of the AIGC object to write. */
  writes?: FieldWrite[];
  /** The fields to leave as they are. */
  keep?: string[];
  /** What a record has to hold. */
  record?: string[];
  /** How long it has to be kept, in months, at least. */
  months?: number | null;
};

/** What kind of act a duty asks for. */
export type DutyKind = "display" | "write" | "log" | "remind";

/** Who owes a duty. */
export type Who = "platform" | "provider" | "deployer";

/** Words to show. */
export type DutyText = {
  /** BCP 47 tag. */
  language: string;
  /** The words. */
  text: string;
};

/** A field of the AIGC object to write. */
export type FieldWrite = {
  /** The key of Annex E. */
  key: string;
  /** The value, where the rule fixes it; otherwise it is the writer's own. */
  value?: string | null;
};

/** The JSON form of a `Report`; its schema is `spec/report.schema.json`. */
export type Report = {
  /** Always `biaoshi.report/1`. */
  schema: string;
  /** Name of the file, if it has one. */
  file: string | null;
  /** What the content is. */
  format: Format;
  /** What kind of content the format holds. */
  modality: Modality;
  /** Length in bytes. */
  bytes: number;
  /** What the file states. */
  status: Status;
  /** Everything found. */
  evidence: Evidence[];
  /** Everything there is to say about it. */
  findings: Finding[];
  /** One verdict per profile. */
  verdicts: Verdict[];
  /** What has to be done with the file at its status, by these profiles. */
  duties: Duty[];
};

/** One part of a file. */
export type SegmentView = {
  /** The format's own name for it. */
  name: string;
  /** First byte. */
  offset: number;
  /** Number of bytes, framing included. */
  length: number;
  /** The metadata place that it is. */
  slot: string | null;
  /** Whether it carries the content itself. */
  essence: boolean;
};

/** One metadata value. */
export type ValueView = {
  /** The metadata place. */
  slot: string;
  /** The format's name of the part. */
  segment: string;
  /** First byte of the part. */
  offset: number;
  /** Number of bytes of the part. */
  length: number;
  /** Number of bytes of the value. */
  bytes: number;
  /** The value, if it is text; as it stands in the file, so escape it before showing it. */
  text: string | null;
};

/** What a file is made of. */
export type Inspection = {
  /** What the content is. */
  format: Format;
  /** Length in bytes. */
  bytes: number;
  /** Width and height in stored pixels. */
  size: [number, number] | null;
  /** Whether it is animated. */
  animated: boolean;
  /** Every part, in file order. */
  segments: SegmentView[];
  /** Every metadata value, in file order. */
  values: ValueView[];
  /** What is wrong with the structure: code and sentence. */
  findings: ([string, string])[];
};

/** A notice that was made, measured. */
export type Made = Drawn & {
  form: "picture";
} | Worded & {
  form: "text";
} | Sounded & {
  form: "sound";
} | Overlaid & {
  form: "video";
};

/** Where the notice stands, as the picture is displayed (GB 45438-2025 5.2: an edge or corner). */
export type Placement = "top-left" | "top" | "top-right" | "left" | "right" | "bottom-left" | "bottom" | "bottom-right";

/** A rectangle of whole pixels. */
export type Rect = {
  /** Left edge, in pixels from the left. */
  x: number;
  /** Top edge, in pixels from the top. */
  y: number;
  /** Width in pixels. */
  width: number;
  /** Height in pixels. */
  height: number;
};

/** What was drawn, measured. */
export type Drawn = {
  /** The lines, as drawn. */
  lines: string[];
  /** Where it stands. */
  placement: Placement;
  /** Everything touched, in stored pixels. */
  rect: Rect;
  /** The same rectangle as displayed, after the Exif orientation. */
  display_rect: Rect;
  /** Measured height in pixels of the ink of the Han characters (of the whole line where it has
   * none), smallest of all lines. A pixel is ink where a glyph covers half of it. */
  ink_height_px: number;
  /** What it had to reach, in pixels: GB 45438-2025 5.2, and at least `LEGIBLE_PX`. */
  required_height_px: number;
  /** Smallest measured contrast of any ink pixel and any plate pixel, 1.0 to 21.0 (WCAG 2.2),
   * with the samples read as sRGB, before a lossy encoder sees them. */
  contrast: number;
  /** Whether the picture shines through the plate. */
  translucent: boolean;
};

/** A notice as written into a text or document. */
export type Worded = {
  /** The lines, as written. */
  lines: string[];
  /** Where it stands. */
  at: Moment[];
  /** Whether it stands on each page, slide or sheet. */
  each_page: boolean;
};

/** A notice where it is heard. The silence around it is not counted. */
export type Place = {
  /** Which place was asked for. */
  at: Moment;
  /** Begin on the new time line, in milliseconds, to within one frame of the coding. */
  start_ms: number;
  /** Length in milliseconds. */
  duration_ms: number;
};

/** What became of the content's own packets or samples. */
export type KeptSound = "spliced" | {
  reencoded: {
    /** Program and encoder. */
    by: string;
    /** Whether the coding is without loss: the content's samples are the same bit by bit. */
    lossless: boolean;
  };
};

/** What was done to put a notice into a sound. Loudness and peak are measured before a watermark is put in. */
export type Sounded = {
  /** Where the notice is heard, in order. */
  places: Place[];
  /** What became of the content. */
  kept: KeptSound;
  /** Gated loudness of the content in tenths of LUFS (ITU-R BS.1770); none if it is silent or
   * shorter than 400 ms. */
  content_loudness: number | null;
  /** That of the notice: at least -300, and that of the content where its peaks allow. */
  notice_loudness: number | null;
  /** True peak of the notice in tenths of dBTP, at most -10. */
  notice_peak: number;
  /** Letters, digits and ideographs spoken per minute, if words are spoken and known. */
  characters_per_minute: number | null;
};

/** Which way was gone. */
export type Way = "spliced" | "whole";

/** What stayed as it was. */
export type KeptFilm = {
  /** Packets of the video stream. */
  video_packets: number;
  /** How many of them were copied, bit for bit those of the source (compared by SHA-256); 0 where all
   * were encoded again. */
  video_packets_identical: number;
  /** The other streams, all of them copied packet for packet: index and coding. */
  streams: string[];
  /** Whether everything outside of the video's samples and their tables is byte for byte that
   * of the source. */
  file: boolean;
};

/** What encoded the frames with the notice. */
export type Encoder = {
  /** FFmpeg's name of the encoder. */
  name: string;
  /** The options it got, as on a command line. */
  settings: string;
  /** Whether its coding is without loss: beside the notice, every pixel is as it was. */
  lossless: boolean;
};

/** A film with its notice. */
export type Overlaid = {
  /** The notice as drawn, measured before the encoder saw it. `rect` counts in coded pixels,
   * `display_rect` in those displayed. */
  drawn: Drawn;
  /** For how many seconds it is seen at least, each time; a last one that the film's end cuts is not
   * counted beside others. */
  seconds: number;
  /** From when to when, in seconds of playing; at most 1,000 of them. */
  spans: number[][];
  /** Which way was gone. */
  way: Way;
  /** What stayed as it was. */
  kept: KeptFilm;
  /** What encoded the frames. */
  encoder: Encoder;
};

/** A watermark as it was put into content. */
export type Imprinted = {
  /** The scheme, as `spec/watermark.md` names it. */
  scheme: string;
  /** The 64 bits that it carries: 16 hexadecimal digits. */
  payload: string;
  /** Peak signal-to-noise ratio of the picture with it against the one without, in dB, before
   * encoding. Says little about what is seen; `spec/watermark.md` has the figures that do.
   * Of a film or an animation the least of its frames; nothing for sound. */
  psnr_db?: number | null;
};

/** How much of the picture outside the notice survived. */
export type Reencoded = "lossless" | "lossy";

/** What was written, measured and read back. */
export type ReceiptFields = {
  /** Whether anything was written: false if the file carried this very label already. */
  changed: boolean;
  /** What the file is. */
  format: Format;
  /** The label as it stands in the file; all fields are empty where the format has no place for
   * one, and the notice was written alone. */
  label: LabelFields;
  /** The notice that people perceive, measured. */
  notice: Made | null;
  /** Why there is no visible notice. */
  notice_waived: string | null;
  /** The watermark that was put into the content. */
  watermark: Imprinted | null;
  /** What became of the picture or sound outside the notice; nothing where every byte stayed. */
  reencoded: Reencoded | null;
  /** Whether a platform's fields were written, and not a producer's label. */
  propagated: boolean;
  /** Whether a manifest was signed. */
  signed: boolean;
  /** Whether the label itself was signed, together with a hash of the content: in `ReservedCode1`
   * by a producer, in `ReservedCode2` by a platform. */
  sealed: boolean;
  /** Length of the output in bytes. */
  bytes: number;
  /** SHA-256 of the output, in hex. */
  sha256: string;
};
