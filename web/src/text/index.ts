import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import type english from "./en.json";

export type Language = "zh" | "en";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: typeof english };
  }
}

// One chunk for each language; only the reader's is loaded.
const loaders: Record<Language, () => Promise<{ default: object }>> = {
  zh: () => import("./zh.json"),
  en: () => import("./en.json"),
};

const KEPT_AS = "language";

function preferred(): Language {
  const kept = localStorage.getItem(KEPT_AS) ?? localStorage.getItem("i18nextLng") ?? navigator.language;
  return kept.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** The language of the page, also before its words have come. */
export function readersLanguage(): Language {
  return (i18next.language as Language | undefined) ?? preferred();
}

/** Load the reader's language; call once, before anything is drawn. */
export async function startTexts(): Promise<void> {
  const language = preferred();
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: { [language]: { translation: (await loaders[language]()).default } },
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  document.documentElement.lang = language;
}

export async function speak(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, "translation")) {
    i18next.addResourceBundle(language, "translation", (await loaders[language]()).default);
  }
  localStorage.setItem(KEPT_AS, language);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}
