//! The list of the bugs: the rule that each breaks, and what is wrong in its code.

use super::bugs::bugs;

bugs! {
    // 1: listen, and read a request
    OneRecv "one-recv" 1 "RFC 9112 s2.2" "A head may come in any number of pieces; its end is an empty line."
        "What one recv brings is taken for the whole request: read on until the empty line is there.";
    BlankLinePerPiece "blank-line-per-piece" 1 "RFC 9112 s2.2" "The empty line may be cut in two by the end of a read."
        "Each piece is searched by itself: search everything that has come so far.";
    NoHeadLimit "no-head-limit" 1 "RFC 9110 s5.4" "A head that is larger than the server wants gets a 4xx."
        "It reads on for as long as bytes come: count them, and answer 431." "--profile strict";
    EmptyLineFirst "empty-line-first" 1 "RFC 9112 s2.2" "An empty line before the request is ignored."
        "The empty line is taken for a request line: skip CRLF before it." "--profile strict";
    UnfinishedAnswer "unfinished-answer" 1 "RFC 9112 s2.1" "A head ends with an empty line."
        "The last CRLF is missing, and the client waits for more fields.";
    LfAnswer "lf-answer" 1 "RFC 9112 s2.1" "A line of a head ends with CRLF."
        "Lines end with LF alone: write \\r\\n.";
    AsciiOnly "ascii-only" 1 "RFC 9112 s2.2" "A head is read as bytes, of which not all have to be ASCII."
        "The head is decoded as ASCII, and any other letter in it fails: ISO 8859-1 has one for every byte.";
    GoneClientStops "gone-client-stops" 1 "-" "A client that goes away ends its own connection, and no other."
        "The error of one read is caught nowhere: half a request and FIN end the server.";
    NoiseStops "noise-stops" 1 "-" "Bytes that are no text end their own connection, and no other."
        "The error of the decoding is caught nowhere, and ends the server.";
    // 2: recognise an upgrade
    ExactConnectionToken "exact-connection-token" 2 "RFC 6455 s4.2.1" "Connection is a list, and Upgrade one of its elements."
        "The value is compared with `Upgrade` as a whole: browsers also send `keep-alive, Upgrade`.";
    CaseSensitiveConnection "case-sensitive-connection" 2 "RFC 6455 s4.2.1"
        "The token Upgrade in Connection is compared without case." "It is compared byte by byte, and `upgrade` is not found.";
    CaseSensitiveUpgrade "case-sensitive-upgrade" 2 "RFC 6455 s4.2.1" "The token websocket in Upgrade is compared without case."
        "It is compared byte by byte, and `WebSocket` is not found.";
    CaseSensitiveFieldNames "case-sensitive-field-names" 2 "RFC 9110 s5.1" "Names of fields are compared without case."
        "`connection:` or `UPGRADE:` is not found: make the names lower case first.";
    SplitsAtCommaBlank "splits-at-comma-blank" 2 "RFC 9110 s5.6.1"
        "The blank behind a comma of a list may be missing, or be more than one."
        "The list is split at comma and blank: split at the comma, then trim.";
    FirstFieldOnly "first-field-only" 2 "RFC 9110 s5.3" "A list may stand in several lines of one name."
        "The first line of a name is looked at, and the others are lost." "--profile strict";
    SubstringTokens "substring-tokens" 2 "RFC 6455 s4.2.1" "An element of a list is the whole word."
        "It looks for `upgrade` anywhere in Connection, and finds it in `x-upgrade-later`.";
    IgnoresConnection "ignores-connection" 2 "RFC 6455 s4.2.1" "Without Upgrade in Connection it is no upgrade."
        "Connection is not looked at.";
    AnyUpgrade "any-upgrade" 2 "RFC 6455 s4.2.1" "An upgrade to another protocol is not one to websocket."
        "It is enough that there is a field Upgrade: its value has to be websocket.";
    UpgradesEverything "upgrades-everything" 2 "RFC 6455 s4.2.1" "A plain GET is not answered with 101."
        "Whatever is asked for, the answer is 101: look at Connection and Upgrade first.";
    WrongStatus "wrong-status" 2 "RFC 6455 s4.2.2" "The status of an upgrade is 101."
        "The fields are right and the status is 200: to the client, it is a page.";
    NoUpgradeField "no-upgrade-field" 2 "RFC 6455 s4.2.2" "The 101 has `Upgrade: websocket`."
        "The field is missing in the answer.";
    NoConnectionField "no-connection-field" 2 "RFC 6455 s4.2.2" "The 101 has `Connection: Upgrade`."
        "The field is missing in the answer.";
    ContentLengthIn101 "content-length-in-101" 2 "RFC 9110 s8.6" "A 1xx has no Content-Length."
        "The answer to an upgrade is written like that of a page.";
    SplitsAtColonBlank "splits-at-colon-blank" 2 "RFC 9112 s5.1" "The blank behind the colon of a field may be missing."
        "A line is split at colon and blank: split at the colon, then trim.";
    BlanksStay "blanks-stay" 2 "RFC 9112 s5.1" "There may be more than one blank around a value."
        "One blank is cut off before it, and the others stay: trim both sides.";
    ColonInValue "colon-in-value" 2 "RFC 9112 s5.1" "A line is a name, a colon, and a value that may have colons of its own."
        "A line is split at every colon and blank, and has to fall into two parts: split once.";
    FieldsInOrder "fields-in-order" 2 "RFC 6455 s4.2.1" "The order of the fields means nothing."
        "A field is looked for in the line where one client has it: look for its name.";
    AbsoluteFormRefused "absolute-form-refused" 2 "RFC 9112 s3.2.2" "The target of a request may be a whole URI."
        "The target has to begin with a slash: it may begin with http:// and a host.";
    Http10Answer "http-1.0-answer" 2 "RFC 9110 s6.2" "A server says in its answer that it speaks HTTP/1.1."
        "The status line begins with HTTP/1.0, which has no Upgrade." "--profile strict";
    // 3: the accept key
    HexAccept "hex-accept" 3 "RFC 6455 s4.2.2" "Sec-WebSocket-Accept is the SHA-1 itself in base64."
        "It is the digest in hex: most libraries have digest() beside hexdigest().";
    AcceptAfterDecode "accept-after-decode" 3 "RFC 6455 s4.2.2" "The key is hashed as the text that it came as."
        "The key is decoded from base64 before it is hashed.";
    AcceptConstant "accept-constant" 3 "RFC 6455 s4.2.2" "Each key has an answer of its own."
        "The answer is always that of the example in RFC 6455 s1.3.";
    AcceptIsKey "accept-is-key" 3 "RFC 6455 s4.2.2" "The answer shows that the server knows the protocol."
        "The key itself is sent back: hash it together with the fixed text.";
    AcceptUnpadded "accept-unpadded" 3 "RFC 6455 s4.2.2" "The base64 of 20 bytes has 28 characters, and the last one is `=`."
        "The padding is left out.";
    KeyLowercased "key-lowercased" 3 "RFC 6455 s4.2.2" "In base64, case matters."
        "The whole head is made lower case, and the key with it: do that to the names alone.";
    KeyNotTrimmed "key-not-trimmed" 3 "RFC 9110 s5.5" "Blanks around a field's value are not a part of it."
        "One blank behind the colon is left out, and the others are hashed with the key.";
    NoAccept "no-accept" 3 "RFC 6455 s4.2.2" "The 101 has Sec-WebSocket-Accept."
        "The field is missing in the answer.";
    MissingKeyAccepted "missing-key-accepted" 3 "RFC 6455 s4.2.1" "Without a key there is no upgrade."
        "A key that is not there is taken for an empty one.";
    AnyKey "any-key" 3 "RFC 6455 s4.2.1" "The key is 16 bytes in base64."
        "Anything is taken for a key: it has 24 characters, and the last two are `==`." "--profile strict";
    TwoKeysAccepted "two-keys-accepted" 3 "RFC 6455 s11.3.1" "The key comes once."
        "Of two keys the first is used." "--profile strict";
    AcceptAsNumber "accept-as-number" 3 "RFC 6455 s4.2.2" "The hash is 20 bytes, whatever the first of them is."
        "It is kept as a number, and loses its zeros: one answer in 256 is too short.";
    AcceptTwice "accept-twice" 3 "RFC 6455 s11.3.3" "Sec-WebSocket-Accept stands in the answer once."
        "The field is written twice.";
    AcceptAsPythonBytes "accept-as-python-bytes" 3 "RFC 6455 s4.2.2" "The accept key is base64, and nothing else."
        "Bytes were put into a string as Python prints them, b'...': decode() them.";
    PlusAsBlank "plus-as-blank" 3 "RFC 6455 s4.2.2" "The key is hashed as it came, and may have a + in it."
        "The head is decoded as if it were a form, and a + is read as a blank.";
    KeyReencoded "key-reencoded" 3 "RFC 6455 s4.2.2" "The key is hashed as it came: a server need not know what it decodes to."
        "It is decoded and encoded again: the text may come out different.";
    // 4: refuse, and negotiate
    AnyMethod "any-method" 4 "RFC 6455 s4.2.1" "A WebSocket is opened with GET."
        "The method is not looked at.";
    NoAllow "no-allow" 4 "RFC 9110 s15.5.6" "A 405 names the methods that are allowed."
        "Allow is missing in the answer." "--profile strict";
    Http10 "http-1.0" 4 "RFC 6455 s4.2.1" "A WebSocket is opened with HTTP/1.1 or higher."
        "The version in the request line is not looked at.";
    AnyVersion "any-version" 4 "RFC 6455 s4.2.1" "The only version is 13."
        "Sec-WebSocket-Version is not looked at.";
    RefusesWithoutVersion "refuses-without-version" 4 "RFC 6455 s4.4" "Who asks for another version is told which one is known."
        "Sec-WebSocket-Version is missing in the answer.";
    SilentRefusal "silent-refusal" 4 "RFC 6455 s4.2.1" "A request that is wrong gets an answer of HTTP."
        "The connection ends without a word: say 4xx first.";
    WholeOfferEchoed "whole-offer-echoed" 4 "RFC 6455 s4.2.2"
        "The answer names one subprotocol of those that are offered, or none." "The whole list is sent back: choose one.";
    UnofferedSubprotocol "unoffered-subprotocol" 4 "RFC 6455 s4.2.2" "A subprotocol that was not offered is not agreed on."
        "The answer always names `echo`: look for it in the offer, and leave the field out.";
    SubprotocolCase "subprotocol-case" 4 "RFC 6455 s4.2.2" "The name of a subprotocol is sent back as it came."
        "It is written in capitals, and that is another name.";
    ExtensionEchoed "extension-echoed" 4 "RFC 6455 s9.1" "An extension that is named in the answer is used."
        "The offer is sent back: who does not know permessage-deflate leaves the field out.";
    WrongContentLength "wrong-content-length" 4 "RFC 9110 s8.6" "Content-Length is the number of bytes that follow."
        "An answer announces ten bytes more than it has: count the bytes that are sent.";
    NoHost "no-host" 4 "RFC 9112 s3.2" "A request of HTTP/1.1 has one Host; without it, it gets 400."
        "Host is not looked for." "--profile strict";
    BlankBeforeColon "blank-before-colon" 4 "RFC 9112 s5.1"
        "No blank may stand between a field's name and its colon; such a request gets 400."
        "The name is trimmed: two readers of one head may then see two different fields." "--profile strict";
    ControlInValue "control-in-value" 4 "RFC 9110 s5.5" "A field's value has no CR and no NUL in it."
        "Values are taken as they come: refuse those with CR or NUL, or put blanks there." "--profile strict";
    LineWithoutColon "line-without-colon" 4 "RFC 9112 s5" "Each line of a head has a colon."
        "A line without one is passed over: answer 400." "--profile strict";
    AnyRequestLine "any-request-line" 4 "RFC 6455 s4.2.1" "A request begins with a method, a target and a version."
        "The first line is skipped: it is looked at for GET and HTTP/1.1.";
    OnlyPostRefused "only-post-refused" 4 "RFC 6455 s4.2.1" "Any method but GET is refused."
        "POST is refused, and the others are not: compare with GET.";
    MethodWithoutCase "method-without-case" 4 "RFC 9110 s9.1" "The name of a method is compared with case."
        "It is made lower case like a field's name: get is not GET." "--profile strict";
    VersionPrefix "version-prefix" 4 "RFC 6455 s4.2.2" "The whole value of Sec-WebSocket-Version is 13."
        "It is enough that it begins with 13.";
    MissingVersionAccepted "missing-version-accepted" 4 "RFC 6455 s4.2.1" "A request without a version is refused."
        "A version that is not there is taken for 13.";
    OriginGetsAPage "origin-gets-a-page" 4 "RFC 6455 s4.2.2" "An origin that is not accepted gets an error, as 403."
        "It gets a page that says no, and the status 200.";
    DefaultSubprotocol "default-subprotocol" 4 "RFC 6455 s4.2.2" "A subprotocol is one of those that are offered."
        "Where none of them is known, `echo` is answered: leave the field out.";
    EmptySubprotocol "empty-subprotocol" 4 "RFC 6455 s4.2.2" "Who agrees to no subprotocol leaves the field out."
        "The field is there without a value.";
    SubprotocolTwice "subprotocol-twice" 4 "RFC 6455 s11.3.4" "Sec-WebSocket-Protocol stands in an answer at most once."
        "Each one that is known gets a field: choose one.";
    ExtensionUnoffered "extension-unoffered" 4 "RFC 6455 s4.2.2" "An extension that was not offered is not agreed on."
        "The answer always has permessage-deflate.";
    ExtensionInQuotes "extension-in-quotes" 4 "RFC 6455 s9.1" "What stands in quotes is a value, and no offer."
        "permessage-deflate is looked for anywhere in the field.";
    // 5: send a frame
    MaskedFrames "masked-frames" 5 "RFC 6455 s5.1" "A server does not mask its frames."
        "One function sends for both ends: a server leaves MASK at 0, and has no key.";
    EchoWithMaskBit "echo-with-mask-bit" 5 "RFC 6455 s5.1" "A frame of a server has MASK at 0."
        "The second byte of the client's frame is sent back: it says MASK, and no key follows.";
    FinMissing "fin-missing" 5 "RFC 6455 s5.4" "The last frame of a message has FIN."
        "The first byte is 01 and not 81: the client waits for the rest.";
    RsvSet "rsv-set" 5 "RFC 6455 s5.2" "RSV1, RSV2 and RSV3 are 0 without an extension."
        "The first byte is c1 and not 81.";
    TextAsBinary "text-as-binary" 5 "RFC 6455 s5.6" "A text goes back as a text."
        "Everything is sent with the opcode of binary: 2.";
    BinaryAsText "binary-as-text" 5 "RFC 6455 s5.6" "Bytes go back as bytes."
        "Everything is sent with the opcode of text: 1.";
    EchoIsContinuation "echo-is-continuation" 5 "RFC 6455 s5.4" "The first frame of a message has the opcode of text or binary."
        "The first byte is 80 and not 81: a continuation of nothing.";
    TwoFrames "two-frames" 5 "-" "One message gets one echo."
        "The echo is written twice.";
    NoFrame "no-frame" 5 "RFC 6455 s5.2" "What goes over a WebSocket goes in frames."
        "The payload is written by itself: put 81 and the length before it.";
    ZipUnmask "zip-unmask" 5 "RFC 6455 s5.3" "The key begins again after four bytes, and the payload goes on."
        "zip(payload, key) stops with the shorter of the two: always four bytes come back.";
    NulAppended "nul-appended" 5 "-" "The echo is as long as the message."
        "The zero that ends a string in C is sent, too.";
    LengthInCharacters "length-in-characters" 5 "RFC 6455 s5.2" "The length of a payload is a number of bytes."
        "Characters are counted: encode the text first, and take the length of the bytes.";
    PayloadTrimmed "payload-trimmed" 5 "-" "An echo is the message, and white space belongs to it."
        "White space at the ends is taken away, as one does with a line of input.";
    OneMessageOnly "one-message-only" 5 "-" "A connection stays open when a message is answered."
        "There is no loop: one message is read, answered, and the connection ended, as in HTTP/1.0.";
    // 6: unmask, and echo
    NoUnmask "no-unmask" 6 "RFC 6455 s5.3" "The payload of a client is masked."
        "The masked bytes are sent back: unmask with key[i mod 4].";
    FirstByteKey "first-byte-key" 6 "RFC 6455 s5.3" "All four bytes of the key are used in turn."
        "Each byte is unmasked with key[0]: it is key[i mod 4].";
    FirstFourBytes "first-four-bytes" 6 "RFC 6455 s5.3" "The key begins again after four bytes."
        "The first four bytes are unmasked, and the others are not: key[i mod 4].";
    KeyReversed "key-reversed" 6 "RFC 6455 s5.3" "The first byte of the key is for the first byte of the payload."
        "The key is read as a number of the machine, and its bytes are turned round.";
    FirstFrameKey "first-frame-key" 6 "RFC 6455 s5.3" "Each frame has a key of its own."
        "The key of the first frame is used for all of them.";
    KeyGoesOn "key-goes-on" 6 "RFC 6455 s5.3" "With each frame the key begins with its first byte."
        "The count of the key's bytes goes on from frame to frame: set it to 0 with each header.";
    LastBytesMasked "last-bytes-masked" 6 "RFC 6455 s5.3" "A payload need not be a whole number of keys long."
        "It is unmasked in steps of four bytes, and what is left behind the last one stays masked.";
    KeyAsText "key-as-text" 6 "RFC 6455 s5.3" "The bytes of a key may have any value."
        "The key is read as ASCII, and loses the highest bit of each byte.";
    UnmasksTextOnly "unmasks-text-only" 6 "RFC 6455 s6.2" "Every data frame of a client is unmasked."
        "Only text is unmasked: do it before looking at the opcode.";
    EmptyHasNoKey "empty-has-no-key" 6 "RFC 6455 s5.2" "Where MASK is set a key follows, also without a payload."
        "The key is read along with the payload, and for 0 bytes neither is.";
    AcceptsUnmasked "accepts-unmasked" 6 "RFC 6455 s5.1" "A server ends the connection when a frame is not masked."
        "MASK is looked at to find the key, and nothing follows from a 0.";
    AcceptsUnmaskedControl "accepts-unmasked-control" 6 "RFC 6455 s5.1" "Control frames of a client are masked as well."
        "MASK is looked at in data frames alone.";
    EmptyMessageLost "empty-message-lost" 6 "RFC 6455 s5.2" "A message may be empty."
        "Nothing is sent for a payload of 0 bytes: it is taken for the end, or for nothing to do.";
    NulEndsMessage "nul-ends-message" 6 "RFC 6455 s5.6" "A payload may have any bytes."
        "The message ends at the first 00, as a string of C does: use the length of the frame.";
    // 7: lengths
    LittleEndianLength "little-endian-length" 7 "RFC 6455 s5.2"
        "Lengths are in network byte order: the most significant byte comes first."
        "The bytes of the length are those of the machine: turn them round (htons, to_be_bytes).";
    Literal126 "literal-126" 7 "RFC 6455 s5.2" "126 says that the length is in the next two bytes."
        "126 is taken for the length.";
    FourByteLength "four-byte-length" 7 "RFC 6455 s5.2" "127 says that the length is in the next eight bytes."
        "Four bytes are written: the length is a number of 64 bits.";
    ReadsFourBytes "reads-four-bytes" 7 "RFC 6455 s5.2" "127 says that the length is in the next eight bytes."
        "Four bytes are read, and the other four are taken for the key.";
    NonMinimalLength "non-minimal-length" 7 "RFC 6455 s5.2" "A length is written with as few bytes as can hold it."
        "Two bytes would do, and eight are written.";
    BoundaryOffByOne "boundary-off-by-one" 7 "RFC 6455 s5.2" "Two bytes hold a length of up to 65535."
        "It says < 65535 where it should say <= 65535.";
    SixteenBitsOnly "sixteen-bits-only" 7 "RFC 6455 s5.2" "A length above 65535 is written with eight bytes."
        "Of the length the lower 16 bits are written.";
    NeverSevenBits "never-seven-bits" 7 "RFC 6455 s5.2" "A length up to 125 is written in one byte."
        "Lengths up to 125 are written in two bytes behind 126, too.";
    SignedBytes "signed-bytes" 7 "RFC 6455 s5.2" "A byte of a length is 0 to 255."
        "Bytes are signed there, and 0xff is -1: write & 0xff.";
    SignedShort "signed-short" 7 "RFC 6455 s5.2" "A length in two bytes is 0 to 65535."
        "It is read as a signed number of 16 bits, and from 32768 on it is negative.";
    OneReadPayload "one-read-payload" 7 "RFC 6455 s5.2" "A payload has as many bytes as its header says."
        "What one recv(1024) brings is taken for the whole frame: read until all bytes are there.";
    HeaderSizeFromLength "header-size-from-length" 7 "RFC 6455 s5.2" "126 and 127 say how many bytes a length has."
        "Where the key begins is worked out from the value of the length, and a longer form is read wrong.";
    // 8: a stream
    OneFramePerRead "one-frame-per-read" 8 "RFC 6455 s5.2" "One read may bring several frames."
        "What comes behind the first frame of a read is thrown away: keep it for the next one.";
    DropsPartial "drops-partial" 8 "RFC 6455 s5.2" "A read may end anywhere, also within a header."
        "A piece that is too short for a header is thrown away: keep it, and read on.";
    MaskRestarts "mask-restarts" 8 "RFC 6455 s5.3" "The key goes on where it has stopped."
        "Each piece of a payload is unmasked from key[0] on: count the bytes of the frame.";
    PayloadWithHeader "payload-with-header" 8 "RFC 6455 s6.2" "A read may end between header and payload, or later."
        "What has come with the header is taken for the whole payload: read until its length is reached.";
    Impatient "impatient" 8 "-" "The rest of a frame may take its time."
        "A frame has to be there within 100 ms: a mobile network takes longer to send a packet again.";
    TruncatesLong "truncates-long" 8 "RFC 6455 s6.2" "A payload is as long as its header says, or it is refused."
        "There is a buffer of 128 KiB, and what does not fit is dropped without a word: say 1009.";
    // 9: Ping and Pong
    NoPong "no-pong" 9 "RFC 6455 s5.5.2" "A Ping is answered with a Pong."
        "Nothing is sent.";
    EmptyPong "empty-pong" 9 "RFC 6455 s5.5.3" "A Pong has the payload of its Ping."
        "The Pong is empty.";
    LiteralPong "literal-pong" 9 "RFC 6455 s5.5.3" "A Pong has the payload of its Ping."
        "The payload is the word `pong`.";
    ShortPong "short-pong" 9 "RFC 6455 s5.5.3" "A Pong has the whole payload of its Ping, up to 125 bytes."
        "It has room for 16 bytes, and the others are lost.";
    LossyPong "lossy-pong" 9 "RFC 6455 s5.5.3" "The payload of a Ping may be any bytes."
        "It is made a string, and what is not UTF-8 becomes U+FFFD.";
    PingAsText "ping-as-text" 9 "RFC 6455 s5.5.2" "The payload of a Ping is bytes, and need not be text."
        "It is decoded, and the error ends the connection.";
    PingAnsweredWithPing "ping-answered-with-ping" 9 "RFC 6455 s5.5.2" "A Ping is answered with a Pong."
        "The frame is sent back as it came, with the opcode 9: a Pong has a.";
    PingEchoedAsText "ping-echoed-as-text" 9 "RFC 6455 s5.5.2" "A Ping is no message."
        "Its payload is echoed as a text.";
    PongEchoed "pong-echoed" 9 "RFC 6455 s5.5.3" "A Pong is no message, and is not answered."
        "Its payload is echoed as a text.";
    PongRefused "pong-refused" 9 "RFC 6455 s5.5.3" "A Pong may come unasked."
        "The connection ends because nobody has sent a Ping.";
    LongPingAccepted "long-ping-accepted" 9 "RFC 6455 s5.5" "A control frame has at most 125 bytes."
        "A Ping of 126 bytes is answered.";
    FragmentedPingAccepted "fragmented-ping-accepted" 9 "RFC 6455 s5.5" "A control frame is not fragmented."
        "A Ping without FIN is answered.";
    StalePong "stale-pong" 9 "RFC 6455 s5.5.3" "Each Pong has the payload of its own Ping."
        "The payload is written over the one before it, and what was longer stays behind.";
    FirstPingOnly "first-ping-only" 9 "RFC 6455 s5.5.3" "Of several Pings at once the last one is answered."
        "While a Pong waits to be sent, further Pings are thrown away.";
    LazyPong "lazy-pong" 9 "RFC 6455 s5.5.2" "A Ping is answered as soon as is practical."
        "The Pong waits until nothing more is there to be read." "--profile strict";
    PongWithoutFin "pong-without-fin" 9 "RFC 6455 s5.5" "A control frame is whole: it has FIN."
        "The first byte of a Pong is 0a, the opcode alone.";
    // 10: fragments
    FragmentsAsMessages "fragments-as-messages" 10 "RFC 6455 s5.4" "A message goes on until a frame has FIN."
        "Each frame is echoed by itself: FIN is not looked at.";
    OpcodeOverwritten "opcode-overwritten" 10 "RFC 6455 s5.4" "A message has the opcode of its first frame."
        "That of the last one is used, and it is 0: keep the first.";
    LastFragmentOnly "last-fragment-only" 10 "RFC 6455 s5.4" "The payloads of all frames together are the message."
        "Each frame overwrites the one before it.";
    FragmentedBinaryAsText "fragmented-binary-as-text" 10 "RFC 6455 s5.4" "A message has the opcode of its first frame."
        "A message of several frames always becomes a text.";
    EmptyFinalLost "empty-final-lost" 10 "RFC 6455 s5.4" "The last frame of a message may be empty."
        "An empty frame is passed over, and its FIN with it.";
    EmptyFirstForgotten "empty-first-forgotten" 10 "RFC 6455 s5.4" "The first frame of a message may be empty."
        "A message is in progress when it has bytes: an empty one that has begun is taken for none.";
    EmptyEndsMessage "empty-ends-message" 10 "RFC 6455 s5.4" "FIN ends a message, and nothing else does."
        "An empty frame is taken for the end.";
    FewFragments "few-fragments" 10 "RFC 6455 s5.4" "A message may have any number of frames."
        "There is room for sixteen.";
    MessageNotCleared "message-not-cleared" 10 "RFC 6455 s5.4" "Each message begins with nothing."
        "The bytes of a message in several frames stand before the next one as well.";
    ControlInFragmentLost "control-in-fragment-lost" 10 "RFC 6455 s5.4" "Control frames may stand within a message."
        "A Ping between two fragments is not answered.";
    PongAfterMessage "pong-after-message" 10 "RFC 6455 s5.5.2"
        "A Ping is answered as soon as is practical, also within a message."
        "The Pong waits until the message is whole." "--profile strict";
    ControlEndsMessage "control-ends-message" 10 "RFC 6455 s5.4" "Control frames may stand within a message."
        "A Ping or a Pong throws away what has come of the message.";
    PingJoined "ping-joined" 10 "RFC 6455 s5.4" "A control frame is no part of the message that it stands in."
        "The payload of the Ping is put behind that of the message.";
    OrphanAccepted "orphan-accepted" 10 "RFC 6455 s5.4" "A continuation continues something."
        "Without a message before it, it is taken for a text.";
    NewMessageMidway "new-message-midway" 10 "RFC 6455 s5.4" "The fragments of two messages are not mixed."
        "A new message replaces one that was not whole.";
    // 11: UTF-8
    Utf8PerFrame "utf8-per-frame" 11 "RFC 6455 s5.6" "A character may be cut by the end of a frame."
        "Each frame is checked by itself: keep what is open at its end.";
    Utf8PerRead "utf8-per-read" 11 "RFC 6455 s5.6" "A character may be cut by the end of a read."
        "What one read brings is decoded by itself: keep what is open at its end.";
    PingInDecoder "ping-in-decoder" 11 "RFC 6455 s5.6" "Only the text itself has to be UTF-8."
        "The payload of a Ping within a message goes through the same decoder.";
    EdRefused "ed-refused" 11 "RFC 3629 s3" "Only U+D800 to U+DFFF are left out: ed 9f bf is UTF-8."
        "Whatever begins with ed is taken for a surrogate.";
    NoncharactersRefused "noncharacters-refused" 11 "RFC 3629 s3" "U+FFFE and U+FFFF may stand in a text."
        "They are taken for errors, because no character is assigned to them.";
    Utf8FirstFrameOnly "utf8-first-frame-only" 11 "RFC 6455 s8.1" "All frames of a text together are UTF-8."
        "Continuations are not looked at.";
    Utf8StartOnly "utf8-start-only" 11 "RFC 6455 s8.1" "Text that is not UTF-8 ends the connection."
        "The first 4096 bytes are looked at, and no others.";
    FiveBytesAccepted "five-bytes-accepted" 11 "RFC 3629 s3" "A character has at most four bytes: f8 88 80 80 80 is not UTF-8."
        "Five and six bytes are let through, as in the UTF-8 of 1998.";
    Utf8Lossy "utf8-lossy" 11 "RFC 6455 s8.1" "Text that is not UTF-8 ends the connection."
        "Bad bytes are replaced by U+FFFD.";
    Utf8Unchecked "utf8-unchecked" 11 "RFC 6455 s8.1" "Text that is not UTF-8 ends the connection."
        "The bytes are echoed as they are.";
    Utf8OpenEnd "utf8-open-end" 11 "RFC 6455 s8.1" "A text does not end within a character."
        "What is open at the end of the message is not looked at.";
    SurrogatesAccepted "surrogates-accepted" 11 "RFC 3629 s3" "U+D800 to U+DFFF are no characters: ed a0 80 is not UTF-8."
        "They are let through: this is CESU-8, or a wide string written out.";
    OverlongAccepted "overlong-accepted" 11 "RFC 3629 s3"
        "A character is written with as few bytes as can hold it: c0 af is not UTF-8."
        "The bits are counted, and the value is not looked at.";
    BeyondUnicode "beyond-unicode" 11 "RFC 3629 s3" "The last character is U+10FFFF: f4 90 80 80 is not UTF-8."
        "Everything that has the form of four bytes is let through.";
    FourBytesRefused "four-bytes-refused" 11 "RFC 3629 s3" "A character may have four bytes."
        "An emoji ends the connection: this knows three bytes at most.";
    BomStripped "bom-stripped" 11 "-" "U+FEFF at the beginning of a text is a character like any other."
        "It is taken for a byte order mark, and left out.";
    Utf8InBinary "utf8-in-binary" 11 "RFC 6455 s5.6" "A binary message may have any bytes."
        "It is checked as if it were a text.";
    Utf8Late "utf8-late" 11 "RFC 6455 s8.1" "Bad bytes are best told when they come, not at the end of the message."
        "The message is checked when it is whole." "--profile strict";
    // 12: close
    CloseWithoutReply "close-without-reply" 12 "RFC 6455 s5.5.1" "A Close is answered with a Close."
        "TCP ends without one.";
    Close1005 "close-1005" 12 "RFC 6455 s7.4.1" "1005 says within a program that no code came; it is never sent."
        "An empty Close is answered with the code 1005: answer it with an empty one.";
    CloseCodeSwapped "close-code-swapped" 12 "RFC 6455 s5.5.1" "The code is in network byte order."
        "The two bytes are turned round: 1000 is 03 e8.";
    LongCloseReply "long-close-reply" 12 "RFC 6455 s5.5" "A control frame has at most 125 bytes, and a Close is one."
        "The reason is sent back with words before it, and becomes too long.";
    LongCloseAccepted "long-close-accepted" 12 "RFC 6455 s5.5" "A Close of more than 125 bytes ends the connection."
        "Only Pings are measured, and the Close is sent back as it came.";
    FragmentedCloseLost "fragmented-close-lost" 12 "RFC 6455 s5.5" "A Close with FIN=0 ends the connection."
        "It waits for the rest, which no Close has, and forgets it.";
    OneByteCloseAccepted "one-byte-close-accepted" 12 "RFC 6455 s5.5.1" "A Close has no payload, or two bytes of code first."
        "A single byte is sent back as it came.";
    ReservedCodesAccepted "reserved-codes-accepted" 12 "RFC 6455 s7.4.1" "1004, 1005, 1006 and 1015 are never sent."
        "They are taken, and sent back.";
    UnknownCodesAccepted "unknown-codes-accepted" 12 "RFC 6455 s7.4.2"
        "Codes below 1000 are not used, and those below 3000 are the protocol's." "Any number is taken, and sent back.";
    PrivateCodesRefused "private-codes-refused" 12 "RFC 6455 s7.4.2" "3000 to 4999 are for libraries and applications."
        "TCP ends without a Close when the code is not in the table of s7.4.1.";
    CloseReasonUnchecked "close-reason-unchecked" 12 "RFC 6455 s5.5.1" "The reason of a Close is UTF-8."
        "It is sent back without a look at it.";
    DataAfterClose "data-after-close" 12 "RFC 6455 s5.5.1" "Nothing is sent after a Close."
        "A text follows it.";
    CloseNeedsCode "close-needs-code" 12 "RFC 6455 s5.5.1" "A Close may be empty."
        "Two bytes are read for the code, whether they are there or not, and the error ends TCP.";
    TwoCloses "two-closes" 12 "RFC 6455 s5.5.1" "An end sends one Close."
        "Two places answer the Close, and both do.";
    GoesOnAfterClose "goes-on-after-close" 12 "RFC 6455 s5.5.1" "What comes after a Close is not looked at."
        "It answers the Close, and goes on to echo.";
    CloseAfterMessage "close-after-message" 12 "RFC 6455 s5.4" "A Close may stand between fragments, and is answered there."
        "It is looked at when a message is whole, and is lost.";
    GoesOnAfterError "goes-on-after-error" 12 "RFC 6455 s7.1.7" "Who has failed a connection reads no more of it."
        "The error is told, and the loop goes on.";
    FailedStaysOpen "failed-stays-open" 12 "RFC 6455 s7.1.7" "Who has failed a connection ends TCP."
        "It waits for the client to do it, whatever the client says.";
    NeverEndsTcp "never-ends-tcp" 12 "RFC 6455 s7.1.1" "When both Closes are through, the server ends TCP."
        "It waits for the client to do it.";
    CloseRst "close-rst" 12 "RFC 6455 s7.1.1" "TCP is ended in order, with FIN."
        "The socket is closed with bytes unread, or with SO_LINGER 0, and TCP resets." "--profile strict";
    ClosesUnread "closes-unread" 12 "RFC 6455 s7.1.1" "What comes behind a Close is read before the socket is closed."
        "The socket is closed with bytes unread, and TCP resets." "--profile strict";
    KeepsTheLost "keeps-the-lost" 12 "-" "When a client has gone, its socket is closed."
        "The list of clients still holds a copy of it.";
    EndsWithClient "ends-with-client" 12 "-" "A client that has gone takes nobody with it."
        "An error of a write is nowhere caught, and the server ends: SIGPIPE does that in C.";
    EndsWithHalfAFrame "ends-with-half-a-frame" 12 "-" "A client that goes in the middle of a frame takes nobody with it."
        "A read that brings less than was asked for is nowhere caught, and the server ends.";
    Always1000 "always-1000" 12 "RFC 6455 s7.4.1"
        "The code of a Close says why: 1002 for a broken rule, 1007 for bad text, 1009 for too much."
        "It is always 1000." "--profile strict";
    // 13: limits
    IgnoresRsv "ignores-rsv" 13 "RFC 6455 s5.2" "An RSV bit that no extension has given a meaning ends the connection."
        "The bits are not looked at.";
    ChecksRsv1Only "checks-rsv1-only" 13 "RFC 6455 s5.2" "There are three RSV bits: 70, and not 40 alone."
        "RSV2 and RSV3 are not looked at.";
    IgnoresRsvInControl "ignores-rsv-in-control" 13 "RFC 6455 s5.2" "RSV bits count in control frames, too."
        "They are looked at where a message is read, and nowhere else.";
    IgnoresRsvInContinuation "ignores-rsv-in-continuation" 13 "RFC 6455 s5.2" "RSV bits count in every frame of a message."
        "They are looked at in the first frame of a message only.";
    IgnoresOpcode "ignores-opcode" 13 "RFC 6455 s5.2" "Opcodes 3 to 7 are reserved, and end the connection."
        "A frame with an opcode that it does not know is passed over.";
    ReservedAsBinary "reserved-as-binary" 13 "RFC 6455 s5.2" "Opcodes 3 to 7 are reserved, and end the connection."
        "What is not text is taken for binary, and echoed.";
    IgnoresReservedControl "ignores-reserved-control" 13 "RFC 6455 s5.2" "Opcodes b to f are reserved, and end the connection."
        "A control frame that it does not know is passed over.";
    SignedLength "signed-length" 13 "RFC 6455 s5.2" "The first bit of a length of 64 bits is 0."
        "The length is a signed number, and negative: less than any limit.";
    LowHalfOfLength "low-half-of-length" 13 "RFC 6455 s5.2" "A length of 64 bits has 64 bits."
        "It is put into 32 bits, and what is above them is lost.";
    TooLongEndsServer "too-long-ends-server" 13 "RFC 6455 s10.4" "A length that nobody has room for takes nobody down."
        "Memory for it can't be had, nobody catches that, and the server ends.";
    AllocatesLength "allocates-length" 13 "RFC 6455 s10.4" "A length is a claim, not a payload: memory is for what has come."
        "A buffer of the announced length is filled before a byte of it has come." "--pid";
    LimitPerFrame "limit-per-frame" 13 "RFC 6455 s10.4" "A limit holds for the message, however many frames it comes in."
        "Each frame is measured, and their sum is not." "--profile strict --pid";
    LateLimit "late-limit" 13 "RFC 6455 s10.4" "A frame that is too long is refused when its header is there."
        "The length is looked at when the payload is there." "--profile strict";
    NoLimit "no-limit" 13 "RFC 6455 s10.4" "A server bounds what it keeps of a message."
        "It keeps whatever comes." "--profile strict --pid";
    // 14: several clients
    OneClientAtATime "one-client-at-a-time" 14 "-" "Several clients are served at once."
        "The next client is accepted when the one before it has gone: a thread each, or select.";
    FewClients "few-clients" 14 "-" "Fifty clients are not many."
        "The thirty-first is turned away.";
    BlocksOnSlow "blocks-on-slow" 14 "-" "A client that does not read makes nobody else wait."
        "A lock is held while bytes are written, and one client never takes them.";
    EchoesToAll "echoes-to-all" 14 "-" "An echo is for the client that has sent the message."
        "Everybody gets it.";
    EchoesToNewest "echoes-to-newest" 14 "-" "An echo is for the client that has sent the message."
        "The socket is in a global variable: the client that came last gets it.";
    SharedMessage "shared-message" 14 "-" "Each client has messages of its own."
        "The buffer for fragments is a global variable: two clients write into one message.";
    InterleavedWrites "interleaved-writes" 14 "RFC 6455 s5.4" "A frame is written whole before the next one begins."
        "What did not fit into the socket is kept for later, and another frame is written before it.";
}
