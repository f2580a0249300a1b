// Short names for the server's shapes. The shapes themselves are generated: see api.d.ts.
import type { components } from "./api";

type Shapes = components["schemas"];

export type Id = number;
export type Role = Shapes["Role"];
export type Permission = Shapes["Permission"];
export type Agent = Shapes["Agent"];
export type Me = Shapes["Me"];
export type TotpSetup = Shapes["TotpSetup"];
export type AgentSession = Shapes["Session"];

export type Index = Shapes["Index"];
export type BuiltInView = Index["view"];
/** Whether a conversation is in it can be told from its row. */
export type RowView = Exclude<BuiltInView, "mentions">;
/** A built-in view, or a saved one by its id. */
export type ViewKey = BuiltInView | `v${number}`;
export type Sort = Index["sort"];
export type SavedView = Shapes["SavedView"];
export type SavedViewBody = Shapes["SavedViewBody"];
export type Label = Shapes["Label"];
export type FoundConversation = Shapes["FoundConversation"];
export type BulkJob = Shapes["BulkJob"];
export type BulkChange = Shapes["BulkChange"];
export type ConversationRow = Shapes["ConversationRow"];
export type Conversation = Shapes["Conversation"];
export type Person = Shapes["Person"];
export type PersonHit = Shapes["PersonHit"];
export type PersonNote = Shapes["PersonNote"];
export type NoteRevision = Shapes["NoteRevision"];
export type Consent = Shapes["Consent"];
export type Forgetting = Shapes["Forgetting"];
export type Attribute = string | number | boolean;
export type Identity = Shapes["Identity"];
export type Case = Shapes["Case"];
export type CaseChange = Shapes["CaseChange"];
export type Merge = Shapes["Merge"];
export type Reach = Shapes["Reach"];
export type Holds = Shapes["Holds"];
export type Hindrance = Shapes["Hindrance"];
export type Elsewhere = Shapes["Elsewhere"];
export type Capabilities = Shapes["ShownCapabilities"];

export type Message = Shapes["Message"];
export type JoinedMessage = Shapes["JoinedMessage"];
export type FoundWithin = Shapes["FoundWithin"];
export type Chapter = Shapes["Chapter"];
export type MessagePage = Shapes["MessagePage"];
export type SharedPlace = Shapes["SharedPlace"];
export type PlaceMessage = Shapes["PlaceMessage"];
export type PlacePage = Shapes["PlacePage"];
export type Attachment = Shapes["Attachment"];
export type DraftLine = Shapes["DraftLine"];
export type Drafter = Shapes["Drafter"];
export type Snippet = Shapes["Snippet"];
export type NewSnippet = Shapes["NewSnippet"];
export type KeptDraft = Shapes["KeptDraft"];
export type Delivery = Shapes["Delivery"];
export type DeliveryState = Shapes["DeliveryState"];
export type Decision = Shapes["Decision"]["action"];
export type NewMessage = Shapes["NewMessage"];
export type NewForward = Shapes["NewForward"];
export type Preview = Shapes["Preview"];
export type Recipient = Shapes["Recipient"];
export type Revision = Shapes["Revision"];

export type Account = Shapes["Account"];
export type Channel = Shapes["Channel"];
export type CheckResult = Shapes["CheckResult"];
export type FirstRun = Shapes["FirstRun"];
export type AccountLimits = Shapes["AccountLimits"];
export type Workspace = Shapes["Workspace"];
export type OpenStretch = Shapes["Stretch"];
export type Standing = Shapes["StandingRow"];
export type AccountEvent = Shapes["AccountEventRow"];
export type LogLine = Shapes["LogLine"];
export type HeldDelivery = Shapes["HeldRow"];
export type HeldDecision = Shapes["Decisions"]["decision"];
export type Decided = Shapes["Decided"];
export type AuditEntry = Shapes["AuditEntry"];
export type Roles = Shapes["Roles"];
export type QuarantineEntry = Shapes["Entry"];
export type Gap = Shapes["Gap"];
export type Team = Shapes["Team"];
export type ApiToken = Shapes["Token"];
export type InvitationLink = Shapes["InvitationLink"];

export type Suggestion = Shapes["Suggestion"];
export type Proposal = Shapes["Proposal"];
export type StepUp = Shapes["StepUp"];
export type ReplyTopic = Shapes["ReplyTopic"];
export type NewTopic = Shapes["NewTopic"];
export type TopicChange = Shapes["TopicChange"];
export type SentCode = Shapes["SentCode"];
export type LadderOrder = Shapes["Order"];
export type NextWay = Shapes["NextWay"];
export type PersonAccount = Shapes["PersonAccount"];
