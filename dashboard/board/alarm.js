// A sound for alerts, where somebody wants one: remembered by the browser, off at first.
import { html } from "../common/ui.js";
import { t } from "../common/words.js";

const KEY = "dialwatch.sound";
let wanted = localStorage.getItem(KEY) === "1";
/** @type {Set<string> | null} alerts heard of; `null` until the first board: what stands already makes no sound */
let known = null;
/** @type {AudioContext | null} */
let audio = null;

/** Two short tones; a browser that allows no sound without a click stays silent. */
function sound() {
  audio ??= new AudioContext();
  const output = audio;
  [0, 0.22].forEach((delay, i) => {
    const tone = output.createOscillator();
    const volume = output.createGain();
    tone.frequency.value = i ? 880 : 660;
    const at = output.currentTime + delay;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.2);
    tone.connect(volume).connect(output.destination);
    tone.start(at);
    tone.stop(at + 0.21);
  });
}

/** Sound once for alerts that were not there before. @param {any[]} alerts */
export function hear(alerts) {
  const ids = new Set(alerts.map((each) => each.id));
  const before = known;
  known = ids;
  if (wanted && before && [...ids].some((id) => !before.has(id))) sound();
}

/** The switch; turning it on sounds once, so that one hears what it will be like. @param {{changed: () => void}} props */
export function SoundSwitch({ changed }) {
  const words = t(wanted ? "board.sound_on" : "board.sound_off");
  return html`<button type="button" class="sound" aria-pressed=${wanted} title=${words} aria-label=${words} onClick=${() => {
    wanted = !wanted;
    localStorage.setItem(KEY, wanted ? "1" : "0");
    if (wanted) sound();
    changed();
  }}>${wanted ? "♪" : "♪̸"}</button>`;
}
