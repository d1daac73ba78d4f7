//! Every command of the workbench, once: keymap, palette, help, hints and the README read this table.

use super::key::Key;

/// Where a command can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everywhere.
    Everywhere,
    /// In a table, form or list.
    Sheet,
    /// On the graph.
    Graph,
    /// In a text.
    Text,
}

macro_rules! commands {
    ($( $variant:ident = $name:literal, $scope:ident, [$($key:literal),*], $hint:literal, $doc:literal; )+) => {
        /// A command.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Command { $( #[doc = $doc] $variant, )+ }

        /// The table of commands.
        pub const COMMANDS: &[CommandSpec] = &[ $( CommandSpec {
            command: Command::$variant,
            name: $name,
            scope: Scope::$scope,
            keys: &[$($key),*],
            hint: $hint,
            doc: $doc,
        }, )+ ];
    };
}

/// What the table says of a command.
#[derive(Debug)]
pub struct CommandSpec {
    /// The command.
    pub command: Command,
    /// Its name in the palette.
    pub name: &'static str,
    /// Where it can be used.
    pub scope: Scope,
    /// Its keys, the first one shown.
    pub keys: &'static [&'static str],
    /// One or two words for the line of keys; empty where it is not shown there.
    pub hint: &'static str,
    /// One sentence.
    pub doc: &'static str,
}

commands! {
    Edit = "edit", Sheet, ["enter"], "edit", "Edit the cell, answer the question, or open what the row is about.";
    Add = "add", Sheet, ["a"], "add", "Add a row to this table.";
    Delete = "delete", Sheet, ["d", "delete"], "delete", "Delete the row; undo brings it back.";
    Clear = "clear", Sheet, ["x"], "", "Clear the cell: the value becomes unknown.";
    OpenForm = "open", Sheet, ["o"], "all keys", "Open every key of the row's entity in a form.";
    Duplicate = "duplicate", Sheet, ["y"], "", "Copy the row under a new id.";
    MoveUp = "move-up", Sheet, ["K"], "", "Move a call or another item of a list up.";
    MoveDown = "move-down", Sheet, ["J"], "", "Move a call or another item of a list down.";
    NotApplicable = "not-applicable", Sheet, ["-"], "", "Answer the question: not applicable, because …";
    AcceptAnswer = "accept", Sheet, ["="], "accept", "Take the model's answer to the question into the file, with what it cites.";
    DontKnow = "dont-know", Sheet, ["!"], "", "Answer the question: unknown, and make an action to find out.";
    Park = "park", Sheet, ["P"], "", "Put the topic into the parking lot.";
    Explain = "explain", Sheet, ["i"], "explain", "Explain the rule, field or question of the row.";
    Fix = "fix", Sheet, ["F"], "fix", "Show the edits that mend the finding; Enter applies one.";
    MakeAction = "make-action", Sheet, ["A"], "action", "Make an action of the finding or question; go to it where there is one.";
    MakeDecision = "make-decision", Sheet, ["v"], "decide", "Propose a decision that answers the finding; go to it where there is one.";
    Triage = "triage", Sheet, ["t"], "triage", "Record what was decided about the finding, and why.";
    Group = "group", Sheet, ["b"], "group", "Findings by weight, severity, rule, element or status.";
    Up = "up", Everywhere, ["up", "k"], "", "One row up.";
    Down = "down", Everywhere, ["down", "j"], "", "One row down.";
    Left = "left", Everywhere, ["left", "h"], "", "One column left; on the graph, to the caller.";
    Right = "right", Everywhere, ["right", "l"], "", "One column right; on the graph, to the callee.";
    PageUp = "page-up", Everywhere, ["pgup", "ctrl-b"], "", "A page up.";
    PageDown = "page-down", Everywhere, ["pgdn", "ctrl-f"], "", "A page down.";
    First = "first", Everywhere, ["home"], "", "To the first row.";
    Last = "last", Everywhere, ["end", "G"], "", "To the last row.";
    NextPane = "next-pane", Everywhere, ["tab"], "pane", "To the next pane.";
    PreviousPane = "previous-pane", Everywhere, ["shift-tab"], "", "To the pane before.";
    Back = "back", Everywhere, ["esc"], "", "One step back; nothing typed is lost.";
    Overview = "overview", Everywhere, ["0"], "", "Where the review stands: the scorecard, and how much review it deserves.";
    StepOne = "step-1", Everywhere, ["1"], "", "Step 1: targets and growth.";
    StepTwo = "step-2", Everywhere, ["2"], "", "Step 2: flows and the fast path.";
    StepThree = "step-3", Everywhere, ["3"], "", "Step 3: predicted bottlenecks.";
    StepFour = "step-4", Everywhere, ["4"], "", "Step 4: failure paths.";
    StepFive = "step-5", Everywhere, ["5"], "", "Step 5: instrumentation and proof.";
    Graph = "graph", Everywhere, ["g"], "graph", "The system as a graph.";
    Findings = "findings", Everywhere, ["f"], "findings", "What is wrong, by the flows it hurts.";
    Outcomes = "decisions", Everywhere, ["D"], "", "Decisions, actions, triage, parked topics, patterns.";
    Checklists = "checklists", Everywhere, ["c"], "", "The checklists.";
    Preview = "document", Everywhere, ["m"], "", "The document as it will be written.";
    Glossary = "glossary", Everywhere, ["W"], "", "Words, principles, failure signatures, decision tables.";
    Problems = "problems", Everywhere, ["p"], "", "What is wrong in the file, line by line.";
    SinceCommit = "since-commit", Everywhere, ["V"], "", "What is different since the last commit, and what follows from it.";
    Undo = "undo", Everywhere, ["u"], "undo", "Undo the last edit.";
    Redo = "redo", Everywhere, ["ctrl-r", "U"], "", "Redo the edit that was undone.";
    Save = "save", Everywhere, ["w", "ctrl-s"], "save", "Save the review.";
    SaveAs = "save-as", Everywhere, ["S"], "", "Save the review under another name; nothing is overwritten.";
    Export = "export", Everywhere, ["E"], "", "Write the Markdown document beside the review.";
    Measure = "measure", Everywhere, ["M"], "", "Ask the metrics server for every measure.";
    StopMeasure = "stop-measure", Everywhere, ["ctrl-k"], "", "Stop asking the metrics server, or git.";
    Editor = "editor", Everywhere, ["e"], "", "Open the file in $EDITOR at the element's line.";
    Search = "search", Everywhere, ["/"], "search", "Find an element, question, finding or word.";
    Palette = "palette", Everywhere, [":", "ctrl-p"], "command", "Every command with its key.";
    Help = "help", Everywhere, ["?", "f1"], "help", "Help for where you are.";
    ToggleCoach = "coach", Everywhere, ["C"], "", "Show or hide the coach.";
    ToggleOutline = "outline", Everywhere, ["O"], "", "Show or hide the outline.";
    CopyName = "copy", Everywhere, ["Y"], "", "Copy the name of the element to the clipboard.";
    Rename = "rename", Sheet, ["R"], "", "Rename the element and every reference to it.";
    ZoomIn = "zoom-in", Graph, ["+", "="], "zoom", "Larger boxes.";
    ZoomOut = "zoom-out", Graph, ["_", "z"], "", "Smaller boxes.";
    Focus = "focus", Graph, ["n"], "focus", "Only the neighbourhood of the element, 1 to 3 hops, then all.";
    HighlightFlow = "highlight-flow", Graph, ["F"], "flow", "Highlight the next flow, then none.";
    ColourBy = "mark-by", Graph, ["b"], "marks", "Mark boxes by utilisation, findings or owner.";
    NextEdge = "next-edge", Graph, ["."], "", "The next edge to follow.";
    PanLeft = "pan-left", Graph, ["H"], "", "Move the view left.";
    PanRight = "pan-right", Graph, ["L"], "", "Move the view right.";
    AddComponent = "add-component", Graph, ["a"], "add", "Add a component.";
    ConnectFrom = "connect-from", Graph, ["v"], "connect", "Add a dependency from the selected element.";
    OpenNode = "open-element", Graph, ["enter", "o"], "open", "Open every key of the element.";
    Suspend = "suspend", Everywhere, ["ctrl-z"], "", "Put the program to sleep; `fg` wakes it.";
    Redraw = "redraw", Everywhere, ["ctrl-l"], "", "Draw the screen anew.";
    Quit = "quit", Everywhere, ["q", "ctrl-c", "ctrl-q"], "", "Leave; asks only where something is unsaved.";
}

/// The command of a key in some scopes; the first scope that knows the key wins.
pub fn lookup(key: Key, scopes: &[Scope]) -> Option<Command> {
    scopes.iter().find_map(|scope| {
        COMMANDS
            .iter()
            .filter(|spec| spec.scope == *scope)
            .find(|spec| spec.keys.iter().any(|text| Key::parse(text) == Some(key)))
            .map(|spec| spec.command)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_key_is_one_key_and_means_one_thing_in_its_scope() {
        let mut seen = HashSet::new();
        for spec in COMMANDS {
            for text in spec.keys {
                let key = Key::parse(text).unwrap_or_else(|| panic!("{}: `{text}` is no key", spec.name));
                assert!(seen.insert((spec.scope, key)), "`{text}` stands twice ({})", spec.name);
            }
            assert!(spec.doc.ends_with(['.', '…']), "{}", spec.name);
        }
        let names: HashSet<_> = COMMANDS.iter().map(|spec| spec.name).collect();
        assert_eq!(names.len(), COMMANDS.len());
    }
}
