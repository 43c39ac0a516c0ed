/** The part of the WebExtensions interface that is used here, as both browsers have it. */
declare namespace chrome {
  interface Event<F> { addListener(listener: F): void }

  namespace runtime {
    const id: string;
    interface MessageSender { id?: string; url?: string; origin?: string; frameId?: number; tab?: tabs.Tab }
    interface Port {
      name: string;
      sender?: MessageSender;
      postMessage(message: unknown): void;
      disconnect(): void;
      onMessage: Event<(message: any) => void>;
      onDisconnect: Event<() => void>;
    }
    function getURL(path: string): string;
    function getManifest(): { version: string };
    function getPlatformInfo(): Promise<unknown>;
    function connect(info: { name: string }): Port;
    function sendMessage(message: unknown): Promise<any>;
    function openOptionsPage(): Promise<void>;
    const onMessage: Event<(message: unknown, sender: MessageSender, reply: (answer: unknown) => void) => boolean>;
    const onConnect: Event<(port: Port) => void>;
    const onInstalled: Event<() => void>;
    const onStartup: Event<() => void>;
  }

  namespace tabs {
    interface Tab { id?: number; url?: string; incognito: boolean }
    function query(what: { active?: boolean; currentWindow?: boolean }): Promise<Tab[]>;
    function sendMessage(id: number, message: unknown, to: { frameId: number }): Promise<unknown>;
    const onRemoved: Event<(id: number) => void>;
  }

  namespace windows {
    function create(data: { type: "popup"; width: number; height: number; url: string }): Promise<unknown>;
  }

  namespace action {
    const openPopup: undefined | (() => Promise<void>);
  }

  namespace permissions {
    interface Permissions { origins?: string[]; permissions?: string[] }
    function contains(what: Permissions): Promise<boolean>;
    function getAll(): Promise<Permissions>;
    function request(what: Permissions): Promise<boolean>;
    function remove(what: Permissions): Promise<boolean>;
    const onAdded: Event<(what: Permissions) => void>;
    const onRemoved: Event<(what: Permissions) => void>;
  }

  namespace scripting {
    interface Registered { id: string; matches?: string[]; js?: string[]; allFrames?: boolean; matchOriginAsFallback?: boolean; runAt?: "document_idle" }
    function executeScript(what: { target: { tabId: number; allFrames?: boolean; frameIds?: number[] }; files: string[] }): Promise<unknown>;
    function getRegisteredContentScripts(filter: { ids: string[] }): Promise<Registered[]>;
    function registerContentScripts(scripts: Registered[]): Promise<void>;
    function updateContentScripts(scripts: Registered[]): Promise<void>;
    function unregisterContentScripts(filter: { ids: string[] }): Promise<void>;
  }

  namespace contextMenus {
    type ContextType = "image" | "video" | "audio" | "page" | "action";
    interface OnClickData { menuItemId: string | number; srcUrl?: string; mediaType?: string; frameId?: number; pageUrl?: string; frameUrl?: string }
    function create(properties: { id: string; title: string; contexts: ContextType[] }): void;
    function removeAll(): Promise<void>;
    const onClicked: Event<(info: OnClickData, tab?: tabs.Tab) => void>;
  }

  namespace i18n {
    function getUILanguage(): string;
  }

  namespace storage {
    interface Area {
      get(keys: string | string[] | null): Promise<Record<string, unknown>>;
      set(items: Record<string, unknown>): Promise<void>;
      remove(keys: string | string[]): Promise<void>;
    }
    const local: Area;
    const session: Area;
    const onChanged: Event<(changes: Record<string, { oldValue?: unknown; newValue?: unknown }>, area: string) => void>;
  }
}
