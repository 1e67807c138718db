"""A person without a mouse: goes from stop to stop, and must see at each where they are."""

from datetime import date

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

# What is wrong with where the focus is; "" when a person sees it. The box of a chip stands for the input inside it.
SEEN = """() => {
    const one = document.activeElement;
    if (one === document.body) return "nowhere";
    const face = one.closest(".chip, .face") ?? one;
    const { outlineStyle, outlineWidth } = getComputedStyle(face);
    if (outlineStyle === "none" || !parseFloat(outlineWidth)) return "no ring";
    const { left, right, top, bottom } = face.getBoundingClientRect();
    if (right <= 0 || left >= innerWidth || bottom <= 0 || top >= innerHeight) return "out of the window";
    const inside = (low, high, most) => Math.min(Math.max((low + high) / 2, low, 1), high, most - 1);
    const there = document.elementFromPoint(inside(left, right, innerWidth), inside(top, bottom, innerHeight));
    return there && (face.contains(there) || there.contains(face)) ? "" : `under ${there?.outerHTML.slice(0, 80)}`;
}"""
NAME = "() => document.activeElement.outerHTML.slice(0, 160)"


class Keys:
    """`to` walks by Tab as far as a place and fails where the focus is lost, hidden or never gets there."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def to(self, place: Locator, *, back: bool = False, within: int = 60) -> None:
        place.wait_for(state="attached")
        for _ in range(within):
            self.press("Shift+Tab" if back else "Tab")
            self.seen()
            if self.on(place):
                return
        raise AssertionError(f"{place} is not within {within} stops; the last one: {self.page.evaluate(NAME)}")

    def enter(self, place: Locator, *, back: bool = False) -> None:
        self.to(place, back=back)
        self.press("Enter")

    def on(self, place: Locator) -> bool:
        return bool(place.evaluate("(one) => one === document.activeElement"))

    def seen(self) -> None:
        if self.page.evaluate(SEEN):
            # The skip link slides in, and the page to what has the focus.
            try:
                self.page.wait_for_function(f"() => !({SEEN})()", timeout=10_000)
            except PlaywrightTimeout:
                raise AssertionError(f"{self.page.evaluate(SEEN)}: {self.page.evaluate(NAME)}") from None

    def lands(self, place: Locator) -> None:
        expect(place).to_be_focused(timeout=20_000)

    def pick(self, select: Locator, label: str) -> None:
        """Choose in a list by its arrows; the focus is on it."""
        labels = select.locator("option").all_inner_texts()
        at = select.evaluate("(one) => one.selectedIndex")
        step = labels.index(label) - at
        self.press(*["ArrowDown" if step > 0 else "ArrowUp"] * abs(step))
        assert select.evaluate("(one) => one.selectedOptions[0].label") == label

    def date(self, field: Locator, day: date) -> None:
        """Type a day; whether the day or the month is asked first is the browser's language."""
        for order in ("%d%m%Y", "%m%d%Y"):
            self.press("ArrowLeft", "ArrowLeft", *day.strftime(order))
            if field.input_value() == day.isoformat():
                return
        raise AssertionError(f"{field.input_value()} instead of {day}")
