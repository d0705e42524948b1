//! QR codes (ISO/IEC 18004) as drawings: dark on white whatever the theme, as cameras want them.

use maud::{Markup, PreEscaped};

use crate::error::Problem;

/// A text as a code. `label` says what it is to those who cannot see it.
pub(crate) fn drawn(text: &str, label: &str) -> Result<Markup, Problem> {
    let code = qrcode::QrCode::new(text)
        .map_err(|error| app::ports::Outside::never("the QR code cannot be drawn", error))?;
    let width = code.width();
    let mut path = String::new();
    for (n, colour) in code.to_colors().into_iter().enumerate() {
        if colour == qrcode::Color::Dark {
            let (row, column) = (n / width, n % width);
            path.push_str(&format!("M{} {}h1v1h-1z", column + 4, row + 4));
        }
    }
    let side = width + 8;
    let label = maud::html! { (label) }.into_string();
    Ok(PreEscaped(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" width="240" height="240" role="img" aria-label="{label}" shape-rendering="crispEdges"><rect width="{side}" height="{side}" fill="#fff"/><path d="{path}" fill="#000"/></svg>"##
    )))
}
