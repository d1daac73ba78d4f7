//! A baseline after a rename: its lines are ids of findings.

use crate::model::Renaming;

/// The text of a baseline (an id a line, `#` comments) after something got another name; `None` where it names nothing
/// of it. Lines that were in order are in order again; everything else stays, byte for byte.
pub fn renamed_baseline(text: &str, renaming: &Renaming) -> Option<String> {
    let new = renaming.lines(text)?;
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (head, old_ids) = split(lines(text));
    if old_ids.is_empty() || !old_ids.is_sorted() || old_ids.iter().any(|id| !id.contains('@')) {
        return Some(new);
    }
    let (_, mut ids) = split(lines(&new));
    ids.sort_unstable();
    let mut sorted = head;
    sorted.append(&mut ids);
    let last = if new.ends_with('\n') { end } else { "" };
    Some(sorted.join(end) + last)
}

/// The comments and blank lines at the top, and all the rest.
fn split(mut lines: Vec<String>) -> (Vec<String>, Vec<String>) {
    let head = lines.iter().take_while(|line| line.trim().is_empty() || line.starts_with('#')).count();
    let rest = lines.split_off(head);
    (lines, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::parse;
    use crate::model::EntityKind;

    #[test]
    fn a_baseline_in_order_stays_in_order() {
        let (review, _, _) = parse("component = [{ id = 'api' }, { id = 'db' }]");
        let renaming = Renaming::new(&review, EntityKind::Component, "api", "zed");
        let text = "# ours\nKP203@api->db\nKP203@db->mail\nKP301@db\n";
        let new = renamed_baseline(text, &renaming);
        assert_eq!(new.as_deref(), Some("# ours\nKP203@db->mail\nKP203@zed->db\nKP301@db\n"));
        let unordered = "KP301@db\nKP203@api->db";
        assert_eq!(renamed_baseline(unordered, &renaming).as_deref(), Some("KP301@db\nKP203@zed->db"));
        assert_eq!(renamed_baseline("KP301@db\n", &renaming), None);
    }
}
