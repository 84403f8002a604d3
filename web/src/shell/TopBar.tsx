import { Link, useRouter } from "@tanstack/react-router";
import { Languages, LogOut, Moon, Search, Settings, Sun, SunMoon, UserRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import { post } from "@/api/call";
import { money, shortMoney } from "@/format/money";
import { queryClient, rememberSession, useAccount, useMoneyStyle, visitorQuery } from "@/session";
import { speak } from "@/text";
import { chooseTheme, type Theme, useTheme } from "@/theme";
import { IconButton } from "@/ui/Button";
import { classes } from "@/ui/class";
import { Kbd } from "@/ui/Kbd";
import { Menu } from "@/ui/Menu";
import { useTitle } from "./title";
import { useSearchHint } from "./useSearchHint";

const THEMES: Theme[] = ["system", "light", "dark"];
const THEME_ICONS = {
  system: <SunMoon aria-hidden />,
  light: <Sun aria-hidden />,
  dark: <Moon aria-hidden />,
};

export function TopBar({ onSearch }: { onSearch: () => void }) {
  const hint = useSearchHint();
  const title = useTitle();
  return (
    <header className="flex h-11 shrink-0 items-center gap-1 border-line border-b px-4 max-md:pr-2">
      <h1 className="min-w-0 truncate font-semibold text-[14px]">{title}</h1>
      <button
        type="button"
        onClick={onSearch}
        className="mr-2 ml-auto flex h-7 w-70 items-center gap-2 rounded border border-line bg-panel px-2 text-muted hover:border-line-strong max-lg:w-50 max-md:hidden"
      >
        <Search className="size-3.5" aria-hidden />
        <span className="truncate">{hint}</span>
        <span className="ml-auto">
          <Kbd>/</Kbd>
        </span>
      </button>
      <IconButton label={hint} onClick={onSearch} className="ml-auto md:hidden">
        <Search aria-hidden />
      </IconButton>
      <Balance />
      <LanguageButton />
      <ThemeMenu />
      <Me />
    </header>
  );
}

/** What is left to the reader; it leads to where more comes from. */
function Balance() {
  const { t } = useTranslation();
  const { quota } = useAccount();
  const style = useMoneyStyle();
  const amount = shortMoney(quota, style);
  return (
    <Link
      to="/topup"
      aria-label={`${t("wallet.balance")}: ${amount}`}
      title={money(quota, style, 2)}
      className={classes(
        "mr-1 flex h-7 shrink-0 items-center rounded px-2 hover:bg-hover max-sm:h-9 max-sm:px-1",
        quota <= 0 ? "text-bad" : "text-muted hover:text-text",
      )}
    >
      {amount}
    </Link>
  );
}

export function LanguageButton() {
  const { t, i18n } = useTranslation();
  const other = i18n.language === "zh" ? "en" : "zh";
  return (
    <IconButton label={t("shell.otherLanguage")} onClick={() => speak(other)}>
      <Languages aria-hidden />
    </IconButton>
  );
}

export function ThemeMenu() {
  const { t } = useTranslation();
  const theme = useTheme();
  const entries = THEMES.map((choice) => ({
    label: t(`theme.${choice}`),
    icon: THEME_ICONS[choice],
    isChecked: choice === theme,
    onSelect: () => chooseTheme(choice),
  }));
  return (
    <Menu
      trigger={<IconButton label={t("theme.name")}>{THEME_ICONS[theme]}</IconButton>}
      groups={[{ entries, isOneOf: true }]}
    />
  );
}

function Me() {
  const { t } = useTranslation();
  const account = useAccount();
  const router = useRouter();
  const leave = async () => {
    await post("/api/user/logout");
    rememberSession(false);
    queryClient.clear();
    queryClient.setQueryData(visitorQuery.queryKey, null);
    await router.navigate({ to: "/login" });
  };
  const groups = [
    {
      label: account.display_name || account.username,
      entries: [
        {
          label: t("place.settings"),
          icon: <Settings aria-hidden />,
          onSelect: () => router.navigate({ to: "/setting" }),
        },
      ],
    },
    { entries: [{ label: t("shell.signOut"), icon: <LogOut aria-hidden />, onSelect: leave }] },
  ];
  return (
    <Menu
      trigger={
        <IconButton label={account.username}>
          <UserRound aria-hidden />
        </IconButton>
      }
      groups={groups}
    />
  );
}
