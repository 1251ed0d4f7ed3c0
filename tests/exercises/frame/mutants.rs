//! What students write instead: each is an answer with a piece of it changed, and the test that has to notice.

/// A wrong solution of one exercise.
pub struct Mutant {
    /// The exercise.
    pub module: &'static str,
    /// What is wrong with it.
    pub mistake: &'static str,
    /// What stands in the answer, once, and what stands there instead.
    pub changes: &'static [(&'static str, &'static str)],
    /// The test that fails, if others do or not.
    pub test: &'static str,
    /// A piece of what it says then.
    pub says: &'static str,
}

/// Those of one exercise stand together. The first of each are tried in one build, then the second of each, and so on.
pub const MUTANTS: &[Mutant] = &[
    Mutant {
        module: "accept_key",
        mistake: "the hash in hexadecimal",
        changes: &[(
            "base64(&sha1(text.as_bytes()))",
            "sha1(text.as_bytes()).iter().map(|byte| format!(\"{byte:02x}\")).collect()",
        )],
        test: "the_example_of_the_rfc",
        says: "40 hexadecimal digits",
    },
    Mutant {
        module: "accept_key",
        mistake: "the key decoded first",
        changes: &[(
            "base64(&sha1(text.as_bytes()))",
            "let mut bytes = STANDARD.decode(&text[..24]).unwrap_or_default(); bytes.extend(GUID.bytes()); base64(&sha1(&bytes))",
        )],
        test: "the_example_of_the_rfc",
        says: "the key must not be decoded",
    },
    Mutant {
        module: "accept_key",
        mistake: "the key with the blanks around it",
        changes: &[("key.trim()", "key")],
        test: "blanks_around_the_key_are_not_part_of_it",
        says: "minus any leading and trailing whitespace",
    },
    Mutant {
        module: "header",
        mistake: "the least significant byte first",
        changes: &[("u16::from_be_bytes", "u16::from_le_bytes")],
        test: "three_ways_to_write_a_length",
        says: "the most significant byte first",
    },
    Mutant {
        module: "header",
        mistake: "bytes taken that are not there yet",
        changes: &[("(*bytes.first()?, *bytes.get(1)?)", "(bytes[0], bytes[1])")],
        test: "a_header_may_be_cut_anywhere",
        says: "index out of bounds",
    },
    Mutant {
        module: "header",
        mistake: "a header that ends before its key",
        changes: &[("{ mask_at + 4 }", "{ mask_at }")],
        test: "the_examples_of_the_rfc",
        says: "a header of 6 bytes, the key among them",
    },
    Mutant {
        module: "header",
        mistake: "four of the eight bytes",
        changes: &[
            ("u64::from_be_bytes(*bytes.get(2..)?", "u64::from(u32::from_be_bytes(*bytes.get(6..)?"),
            (", 10),", "), 10),"),
        ],
        test: "three_ways_to_write_a_length",
        says: "all eight bytes are the length",
    },
    Mutant {
        module: "header",
        mistake: "a Ping in fragments",
        changes: &[("is_control && !header.fin", "is_control && !header.fin && header.length > 125")],
        test: "a_control_frame_is_short_and_whole",
        says: "a control frame is never fragmented",
    },
    Mutant {
        module: "lengths",
        mistake: "the least significant byte first",
        changes: &[("(length as u16).to_be_bytes()", "(length as u16).to_le_bytes()")],
        test: "the_examples_of_the_rfc",
        says: "the most significant byte first",
    },
    Mutant {
        module: "lengths",
        mistake: "four bytes where there must be eight",
        changes: &[("header.extend(length.to_be_bytes())", "header.extend((length as u32).to_be_bytes())")],
        test: "the_examples_of_the_rfc",
        says: "eight bytes and not four",
    },
    Mutant {
        module: "lengths",
        mistake: "126 and 127 taken for lengths",
        changes: &[("0..=125 =>", "0..=127 =>")],
        test: "seven_bits_up_to_125",
        says: "126 in the second byte announces two bytes more",
    },
    Mutant {
        module: "lengths",
        mistake: "a server that sets MASK",
        changes: &[("header.push(length as u8)", "header.push(0x80 | length as u8)")],
        test: "a_server_does_not_mask",
        says: "a server must not mask",
    },
    Mutant {
        module: "unmask",
        mistake: "a count that goes on over the end of a frame",
        changes: &[("        self.next = 0;\n", "")],
        test: "the_next_frame_begins_with_the_first_byte_of_its_key",
        says: "the count begins anew with each frame",
    },
    Mutant {
        module: "unmask",
        mistake: "a count that begins anew with each read",
        changes: &[("for byte in piece {", "self.next = 0;\n        for byte in piece {")],
        test: "a_payload_cut_anywhere",
        says: "s5.3 counts from the beginning of the payload",
    },
    Mutant {
        module: "unmask",
        mistake: "whole groups of four bytes alone",
        changes: &[(
            "for byte in piece {",
            "let whole = piece.len() / 4 * 4;\n        for byte in &mut piece[..whole] {",
        )],
        test: "any_length",
        says: "a payload need not be a multiple of four bytes",
    },
    Mutant {
        module: "unmask",
        mistake: "the key of the first frame for all",
        changes: &[("self.key = key;", "if self.key == [0; 4] { self.key = key; }")],
        test: "each_frame_has_its_own_key",
        says: "the second frame came with another key",
    },
    Mutant {
        module: "fragments",
        mistake: "the opcode of the last frame for the message",
        changes: &[("(Some(begun), 0) => begun", "(Some((_, payload)), 0) => (frame.opcode, payload)")],
        test: "three_parts",
        says: "the opcode of the first fragment",
    },
    Mutant {
        module: "fragments",
        mistake: "a limit for each frame alone",
        changes: &[("payload.len() + frame.payload.len() > self.limit", "frame.payload.len() > self.limit")],
        test: "the_limit_is_for_the_whole_message",
        says: "a limit is for the whole message",
    },
    Mutant {
        module: "fragments",
        mistake: "a Ping that ends the message around it",
        changes: &[("if frame.opcode >= 8 {", "if frame.opcode >= 8 {\n            self.begun = None;")],
        test: "a_ping_between_two_fragments",
        says: "the Ping is no part of the message, and does not end it",
    },
    Mutant {
        module: "fragments",
        mistake: "a continuation of nothing taken for a text",
        changes: &[("(None, 0) => return Err(Fault::NothingToContinue)", "(None, 0) => (1, Vec::new())")],
        test: "a_continuation_of_nothing",
        says: "a message begins with an opcode other than 0",
    },
    Mutant {
        module: "fragments",
        mistake: "a Close taken for a message",
        changes: &[("frame.opcode >= 8", "matches!(frame.opcode, 9 | 10)")],
        test: "a_control_frame_begins_no_message",
        says: "a Close is a control frame, too",
    },
    Mutant {
        module: "utf8",
        mistake: "each frame checked by itself",
        changes: &[(
            "self.begun.extend_from_slice(piece);",
            "if std::str::from_utf8(piece).is_err() { return Err(NotUtf8); }",
        )],
        test: "a_text_cut_anywhere",
        says: "the message is UTF-8; a part of it need not be",
    },
    Mutant {
        module: "utf8",
        mistake: "bad bytes replaced",
        changes: &[(
            "self.begun.extend_from_slice(piece);",
            "self.begun.extend_from_slice(String::from_utf8_lossy(piece).as_bytes());",
        )],
        test: "a_bad_byte_after_good_ones_is_found",
        says: "ff is no UTF-8, whatever stands around it",
    },
    Mutant {
        module: "utf8",
        mistake: "nothing checked before the end",
        changes: &[
            (
                "self.begun.extend_from_slice(piece);",
                "self.begun.extend_from_slice(piece);\n        if true { return Ok(()); }",
            ),
            ("if self.begun.is_empty()", "if std::str::from_utf8(&self.begun).is_ok()"),
        ],
        test: "bad_bytes_are_found_at_once",
        says: "before the text ends",
    },
    Mutant {
        module: "utf8",
        mistake: "an end inside a character",
        changes: &[("if self.begun.is_empty()", "if self.begun.len() < 4")],
        test: "a_text_does_not_end_inside_a_character",
        says: "inside a character",
    },
    Mutant {
        module: "utf8",
        mistake: "all kept for as long as a character is open",
        changes: &[("=> error.valid_up_to()", "=> 0")],
        test: "little_is_kept",
        says: "bytes are kept",
    },
    Mutant {
        module: "close_code",
        mistake: "every code from 1000 to 4999",
        changes: &[("1000..=1003 | 1007..=1014 | 3000..=4999", "1000..=4999")],
        test: "codes_that_never_travel",
        says: "must not be sent",
    },
    Mutant {
        module: "close_code",
        mistake: "1005 for a Close without a code",
        changes: &[("Ok(close) => close.code", "Ok(close) => Some(close.code.unwrap_or(1005))")],
        test: "no_code_is_answered_with_none",
        says: "never with 1005",
    },
    Mutant {
        module: "close_code",
        mistake: "bad bytes of a reason replaced",
        changes: &[(
            "std::str::from_utf8(reason).map_err(|_| Fault::ReasonNotText)?",
            "String::from_utf8_lossy(reason).into_owned()",
        )],
        test: "a_reason_is_text",
        says: "nothing is put in its place",
    },
    Mutant {
        module: "close_code",
        mistake: "one byte taken for nothing",
        changes: &[
            ("        [] => return", "        [] | [_] => return"),
            ("        [_] => return Err(Fault::HalfACode),\n", ""),
        ],
        test: "one_byte_is_half_a_code",
        says: "the first two bytes are a code",
    },
    Mutant {
        module: "token_list",
        mistake: "a part of a token taken for it",
        changes: &[(
            "element.eq_ignore_ascii_case(token)",
            "element.to_ascii_lowercase().contains(&token.to_ascii_lowercase())",
        )],
        test: "what_is_no_upgrade",
        says: "whole tokens are compared",
    },
    Mutant {
        module: "token_list",
        mistake: "the first field alone",
        changes: &[("named.flat_map", "named.take(1).flat_map")],
        test: "several_fields_are_one_list",
        says: "a list may be spread over several fields",
    },
    Mutant {
        module: "token_list",
        mistake: "texts compared as they stand",
        changes: &[("element.eq_ignore_ascii_case(token)", "*element == token")],
        test: "upgrade_is_found_however_it_is_written",
        says: "neither name nor token has a case",
    },
    Mutant {
        module: "token_list",
        mistake: "the whole offer sent back",
        changes: &[(
            "elements(fields, \"Sec-WebSocket-Protocol\").into_iter().find(|offered| spoken.contains(offered))",
            "spoken.first().and_then(|_| fields.iter().find(|(name, _)| name.starts_with(\"Sec-\"))).map(|(_, value)| *value)",
        )],
        test: "one_subprotocol_is_chosen",
        says: "not the whole offer",
    },
    Mutant {
        module: "token_list",
        mistake: "subprotocols without case",
        changes: &[("spoken.contains(offered)", "spoken.iter().any(|name| name.eq_ignore_ascii_case(offered))")],
        test: "no_subprotocol_is_an_answer",
        says: "these names are compared as they stand",
    },
];
