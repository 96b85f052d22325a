import { Choices } from "../components/choices.tsx";
import { Section } from "../components/section.tsx";
import { Select } from "../components/select.tsx";
import { chooseTheme, type Theme, theme } from "../state/theme.ts";
import { account } from "../texts/account/account.ts";
import { m } from "../texts/more.ts";
import { chooseLanguage, language, LANGUAGES } from "../texts/texts.ts";

export function AppearanceSettings() {
  const languages = Object.fromEntries(LANGUAGES.map(({ code, name }) => [code, name]));
  return (
    <>
      <Section title={account.t().theme}>
        <Choices
          label={account.t().theme}
          options={account.t().themes}
          value={theme.value}
          hideLabel
          onChange={(chosen) => chooseTheme(chosen as Theme)}
        />
      </Section>
      <Section title={m().language}>
        <Select
          label={m().language}
          options={languages}
          value={language.value.code}
          onChange={(code) => void chooseLanguage(code)}
        />
      </Section>
    </>
  );
}
