//! Filters that lay the drawn notice over frames.

use super::encode;
use super::probe::Film;

/// Where the notice lies over a film.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layer<'l> {
    pub(super) film: &'l Film,
    /// Left and top, in coded pixels.
    pub(super) at: (u32, u32),
}

impl Layer<'_> {
    /// Filters that lay the notice, which comes from `input`, over `base`.
    pub(super) fn over(self, input: &str, base: &str, when: &str) -> String {
        match encode::deep(self.film.form()) {
            Some(mask) => self.merged(input, base, when, mask),
            None => format!("{};{base}[notice]{}[out]", self.notice_chain(input), self.known(when)),
        }
    }

    /// For forms that `overlay` doesn't know: all of the picture, merged by the notice's opacity in
    /// each plane.
    fn merged(self, input: &str, base: &str, when: &str, mask: &str) -> String {
        let form = self.film.form();
        let (width, height, (x, y)) = (self.film.video.width, self.film.video.height, self.at);
        let range = if self.film.video.color_range.as_deref() == Some("pc") { "pc" } else { "tv" };
        let planes: Vec<String> = (0..if mask.starts_with("yuva") { 4 } else { 3 })
            .map(|plane| format!("map{plane}s=0:map{plane}p=0:"))
            .collect();
        format!(
            "{input}format=rgba,pad={width}:{height}:{x}:{y}:color=black@0,split[seen][known];\
             [known]alphaextract,mergeplanes={}format={mask},format={form},setpts=-3600/TB[mask];\
             [seen]lutrgb=a=255,scale=out_range={range},format={form},setpts=-3600/TB[notice];\
             {base}[notice][mask]maskedmerge=planes=15{when},format={form}[out]",
            planes.concat()
        )
    }

    /// The notice as a layer of the right form, there from the beginning of time.
    fn notice_chain(self, input: &str) -> String {
        let form = encode::layer(self.film.form()).map_or("yuva420p", |(_, form)| form);
        let full = self.film.video.color_range.as_deref() == Some("pc") || self.film.form().starts_with("yuvj");
        let range = if full { "scale=out_range=pc," } else { "scale=out_range=tv," };
        let range = if form.starts_with("yuva") { range } else { "" };
        format!("{input}format=rgba,{range}format={form},setpts=-3600/TB[notice]")
    }

    fn known(self, when: &str) -> String {
        let form = encode::layer(self.film.form()).map_or("yuv420", |(form, _)| form);
        let (x, y) = self.at;
        format!("overlay=x={x}:y={y}:format={form}{when},format={}", self.film.form())
    }
}

pub(super) fn every(start: f64, period: f64, seconds: f64) -> String {
    // The first frame can be a little earlier than the film begins, and a remainder is never below 0.
    format!(":enable='lt(mod(max(t-({start:.6})+0.0001,0),{period:.6}),{seconds:.6})'")
}

/// A value within a description of filters: escaped for the option, then for the description.
pub(super) fn escaped(text: &str) -> String {
    let with = |text: &str, special: &[char]| {
        let each = text.chars().flat_map(|c| special.contains(&c).then_some('\\').into_iter().chain([c]));
        each.collect::<String>()
    };
    with(&with(text, &['\\', '\'', ':']), &['\\', '\'', '[', ']', ',', ';'])
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn paths_survive_two_levels_of_filters() {
        assert_eq!(escaped("/tmp/a b/n.png"), "/tmp/a b/n.png");
        assert_eq!(escaped("a:b"), "a\\\\:b");
        assert_eq!(escaped("a,b"), "a\\,b");
    }
}
