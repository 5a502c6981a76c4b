// Before the first paint (a classic script in the head): theme, language and TV mode, so that nothing flashes.
(() => {
  const root = document.documentElement;
  const stored = (/** @type {string} */ key) => {
    try {
      return localStorage.getItem(`dialwatch.${key}`);
    } catch {
      return null; // storage is forbidden: the defaults hold
    }
  };
  const wanted = stored("theme");
  const dark = wanted ? wanted === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "dark" : "light";
  root.lang = stored("language") === "en" ? "en" : "zh-CN";
  root.classList.toggle("tv", new URLSearchParams(location.search).has("tv"));
})();
