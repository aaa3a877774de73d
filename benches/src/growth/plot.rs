//! Lines between logarithmic axes as SVG, several panels in one picture.
//!
//! Written by hand, because a picture of lines, ticks and names is less than a library's settings would be.
//! It brings its own ground and colours for dark screens: it is shown as an image, which knows nothing of
//! the page around it.

/// Some costs against one thing that grows.
pub(super) struct Panel {
    pub(super) title: String,
    pub(super) below: String,
    pub(super) beside: String,
    pub(super) lines: Vec<Line>,
}

/// One cost, by how many there are.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
}

const COLUMNS: usize = 2;
/// A panel's.
const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 290.0;
/// Around a panel's axes.
const LEFT: f64 = 64.0;
const RIGHT: f64 = 24.0;
const ABOVE: f64 = 44.0;
const BELOW: f64 = 52.0;

const STYLE: &str = "\
text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-weight:600}.ground{fill:#fff}\
.grid{stroke:#d0d7de}polyline{fill:none;stroke-width:2}\
.a{stroke:#0969da}text.a{stroke:none;fill:#0969da}.b{stroke:#bc4c00}text.b{stroke:none;fill:#bc4c00}\
.c{stroke:#1a7f37}text.c{stroke:none;fill:#1a7f37}.d{stroke:#8250df}text.d{stroke:none;fill:#8250df}\
@media(prefers-color-scheme:dark){text{fill:#d1d7e0}.ground{fill:#0d1117}.grid{stroke:#3d444d}\
.a{stroke:#4493f8}text.a{fill:#4493f8}.b{stroke:#f0883e}text.b{fill:#f0883e}\
.c{stroke:#3fb950}text.c{fill:#3fb950}.d{stroke:#ab7df8}text.d{fill:#ab7df8}}";
/// The classes of lines, in turns.
const COLOURS: [&str; 4] = ["a", "b", "c", "d"];

/// The picture, without a blank line, which would end it within Markdown.
pub(super) fn svg(panels: &[Panel]) -> String {
    let (width, height) = (
        WIDTH * COLUMNS as f64,
        HEIGHT * panels.len().div_ceil(COLUMNS) as f64,
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"Costs as things grow\">\n<style>{STYLE}</style>\n\
         <rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>\n"
    );
    for (place, panel) in panels.iter().enumerate() {
        let (column, row) = (place % COLUMNS, place / COLUMNS);
        let (x, y) = (column as f64 * WIDTH, row as f64 * HEIGHT);
        svg.push_str(&format!("<g transform=\"translate({x} {y})\">\n"));
        svg.push_str(&panel.draw());
        svg.push_str("</g>\n");
    }
    svg + "</svg>\n"
}

/// A Markdown definition of a link to the picture that needs no file beside the page.
pub(super) fn definition(name: &str, svg: &str) -> String {
    let mut uri = String::new();
    for character in svg.chars() {
        match character {
            // What ends a link in Markdown, or means something in a URI.
            '%' | '#' | '<' | '>' | '"' | '(' | ')' | ' ' | '\n' => {
                uri.push_str(&format!("%{:02X}", u32::from(character)));
            }
            _ => uri.push(character),
        }
    }
    format!("[{name}]: data:image/svg+xml,{uri}\n")
}

/// An axis of powers of ten.
struct Scale {
    least: f64,
    most: f64,
    from: f64,
    to: f64,
}

impl Scale {
    fn at(&self, value: f64) -> f64 {
        let share = (value / self.least).ln() / (self.most / self.least).ln();
        self.from + share * (self.to - self.from)
    }
}

impl Panel {
    fn draw(&self) -> String {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let least = |of: fn(&(f64, f64)) -> f64| points().map(of).fold(f64::INFINITY, f64::min);
        let most = |of: fn(&(f64, f64)) -> f64| points().map(of).fold(0.0, f64::max);
        let across = Scale {
            least: least(|point| point.0),
            most: most(|point| point.0),
            from: LEFT,
            to: WIDTH - RIGHT,
        };
        let mut up = Scale {
            least: 10_f64.powf(least(|point| point.1).log10().floor()),
            most: 10_f64.powf(most(|point| point.1).log10().ceil()),
            from: HEIGHT - BELOW,
            to: ABOVE,
        };
        if self.lines.len() > 2 {
            // For their names.
            up.most *= 10.0;
        }
        let mut svg = String::new();
        let (bottom, right) = (up.from, across.to);
        let title = &self.title;
        text(&mut svg, "title", (LEFT, 20.0), "start", title);
        text(&mut svg, "", (LEFT, 36.0), "start", &self.beside);
        text(&mut svg, "", (right, bottom + 36.0), "end", &self.below);
        let mut tick = up.least;
        while tick <= up.most * 1.01 {
            let y = up.at(tick);
            grid(&mut svg, (LEFT, y), (right, y));
            text(&mut svg, "", (LEFT - 6.0, y + 4.0), "end", &short(tick));
            tick *= 10.0;
        }
        for (x, _) in self.lines.first().map_or(&[][..], |line| &line.points) {
            let place = across.at(*x);
            grid(&mut svg, (place, up.to), (place, bottom));
            text(&mut svg, "", (place, bottom + 18.0), "middle", &short(*x));
        }
        for (place, line) in self.lines.iter().enumerate() {
            let class = COLOURS[place % COLOURS.len()];
            let mut path = String::new();
            for (x, y) in &line.points {
                path.push_str(&format!("{:.1},{:.1} ", across.at(*x), up.at(*y)));
            }
            let path = path.trim_end();
            svg.push_str(&format!(
                "<polyline class=\"{class}\" points=\"{path}\"/>\n"
            ));
            let at = (LEFT + 8.0, ABOVE + 14.0 + 15.0 * place as f64);
            text(&mut svg, class, at, "start", &line.name);
        }
        svg
    }
}

fn text(svg: &mut String, class: &str, (x, y): (f64, f64), anchor: &str, text: &str) {
    svg.push_str(&format!(
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>\n"
    ));
}

fn grid(svg: &mut String, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
    svg.push_str(&format!(
        "<line class=\"grid\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>\n"
    ));
}

/// A number as it stands at an axis.
fn short(number: f64) -> String {
    match number {
        1e9.. => format!("{} G", number / 1e9),
        1e6.. => format!("{} M", (number / 1e5).round() / 10.0),
        1e3.. => format!("{} k", (number / 1e2).round() / 10.0),
        _ => format!("{number}"),
    }
}
