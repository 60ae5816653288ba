/** Kinds of destinations: what they are called, what they need, and what a message to them has. */
import type { DestinationKind } from "../api/resources";

export interface Setting {
  name: string;
  label: string;
  placeholder: string;
  needed: boolean;
  /** A list of traits instead of one text. */
  traits?: boolean;
}

export interface KindOf {
  label: string;
  says: string;
  settings: readonly Setting[];
  /** The parts of a message to people; none for machines. */
  message: readonly ("subject" | "title" | "text" | "html")[];
}

const TRAITS: Setting = {
  name: "traits",
  label: "Traits beside the user id",
  placeholder: "email, city",
  needed: false,
  traits: true,
};

export const KINDS: Record<DestinationKind, KindOf> = {
  file: {
    label: "Files",
    says: "CSV files in the stack’s bucket, to fetch or pick up.",
    settings: [TRAITS],
    message: [],
  },
  webhook: {
    label: "Webhook",
    says: "Signed JSON to an address of yours, by HTTPS.",
    settings: [
      { name: "url", label: "Address", placeholder: "https://hooks.example.com/…", needed: true },
      TRAITS,
    ],
    message: [],
  },
  email: {
    label: "E-mail",
    says: "By Amazon SES, one message per user.",
    settings: [
      { name: "sender", label: "Sender", placeholder: "shop@example.com", needed: true },
      { name: "trait", label: "Trait with the address", placeholder: "email", needed: false },
      { name: "reply_to", label: "Reply to", placeholder: "help@example.com", needed: false },
    ],
    message: ["subject", "text", "html"],
  },
  sms: {
    label: "SMS",
    says: "Text messages by Amazon SNS.",
    settings: [
      { name: "trait", label: "Trait with the number", placeholder: "phone", needed: false },
      {
        name: "phone_country_code",
        label: "Country code of numbers without one",
        placeholder: "44",
        needed: false,
      },
    ],
    message: ["text"],
  },
  push: {
    label: "Push",
    says: "Notifications by Amazon SNS.",
    settings: [
      {
        name: "trait",
        label: "Trait with the endpoint",
        placeholder: "push_endpoint",
        needed: false,
      },
      { name: "link", label: "Link", placeholder: "https://…", needed: false },
    ],
    message: ["title", "text"],
  },
  sqs: {
    label: "Queue",
    says: "JSON into an SQS queue.",
    settings: [
      { name: "queue", label: "ARN of the queue", placeholder: "arn:aws:sqs:…", needed: true },
      TRAITS,
    ],
    message: [],
  },
  eventbridge: {
    label: "EventBridge",
    says: "An event that says where the files of users lie.",
    settings: [
      { name: "bus", label: "ARN of the bus", placeholder: "arn:aws:events:…", needed: true },
    ],
    message: [],
  },
  meta_audience: {
    label: "Meta audience",
    says: "Hashed files for a custom audience.",
    settings: [
      { name: "email", label: "Trait with the e-mail", placeholder: "email", needed: true },
    ],
    message: [],
  },
  google_customer_match: {
    label: "Google Customer Match",
    says: "Hashed files for Customer Match.",
    settings: [
      { name: "email", label: "Trait with the e-mail", placeholder: "email", needed: true },
    ],
    message: [],
  },
};

/** What the fields of a form say, as the settings of a destination. */
export function settingsOf(
  kind: DestinationKind,
  typed: Readonly<Record<string, string>>,
): Record<string, unknown> {
  if (kind === "meta_audience" || kind === "google_customer_match") {
    return { traits: { email: typed.email?.trim() ?? "" } };
  }
  const settings: Record<string, unknown> = {};
  for (const { name, traits } of KINDS[kind].settings) {
    const text = typed[name]?.trim();
    if (!text) continue;
    settings[name] = traits
      ? text
          .split(",")
          .map((one) => one.trim())
          .filter(Boolean)
      : text;
  }
  return settings;
}

/** The first needed setting that is empty. */
export function lacking(
  kind: DestinationKind,
  typed: Readonly<Record<string, string>>,
): string | null {
  return KINDS[kind].settings.find((one) => one.needed && !typed[one.name]?.trim())?.label ?? null;
}
