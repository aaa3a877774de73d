//! From tracing's spans and events to lines.

use std::{cell::Cell, fmt, sync::Arc, time::SystemTime};

use tracing_core::{
    Dispatch, Event, Level, Metadata, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_log::NormalizeEvent;
use tracing_subscriber::{
    Layer,
    layer::Context,
    registry::{LookupSpan, SpanRef},
};

use super::{
    buffer::Buffer,
    callsite::{Cache, Callsite, OWN, SettingsId, write_location},
    correlation::CorrelationId,
    cut, dev,
    fields::{Fields, Marked, Recorder, Rules, Seen},
    format::Part,
    invocation::{InSpan, InSpans, Invocation, opens},
    level::Levels,
    write,
};
use crate::clock::Stamp;

/// Writes one JSON line for each event; [`Builder`](super::Builder) makes it.
pub(super) struct JsonLayer {
    pub(super) settings: Arc<Settings>,
    /// How to find an invocation from outside of a layer, where the subscriber's type is not known.
    find: Option<Find>,
}

type Find = fn(&Dispatch, &Id, SettingsId) -> Option<Arc<Invocation>>;

pub(super) struct Settings {
    pub(super) id: SettingsId,
    pub(super) pieces: Vec<Piece>,
    pub(super) rules: Rules,
    pub(super) levels: Levels,
    pub(super) sample_rate: f64,
    pub(super) buffer: Option<Buffer>,
    /// Keys that every line has.
    pub(super) keys: Fields,
    pub(super) most_bytes: usize,
    pub(super) logs_event: bool,
    pub(super) correlation_id: Option<CorrelationId>,
    pub(super) dev: Option<dev::Style>,
    pub(super) write: Box<Write>,
}

/// Where lines go.
pub(super) type Write = dyn Fn(&[u8]) + Send + Sync;

/// A standard part with all that can be written before there is an event.
pub(super) struct Piece {
    pub(super) part: Part,
    /// `{"level":`, of the service with its value.
    pub(super) opening: Vec<u8>,
}

/// What becomes of an event.
enum Fate {
    Written,
    Held,
    Dropped,
}

impl JsonLayer {
    pub(super) const fn new(settings: Arc<Settings>) -> Self {
        Self {
            settings,
            find: None,
        }
    }

    /// The invocation of the span that is entered, seen from outside of the layer.
    pub(super) fn current(&self, dispatch: &Dispatch) -> Option<Arc<Invocation>> {
        let span = dispatch.current_span();
        (self.find?)(dispatch, span.id()?, self.settings.id)
    }
}

fn find<S>(dispatch: &Dispatch, id: &Id, settings: SettingsId) -> Option<Arc<Invocation>>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    let span = dispatch.downcast_ref::<S>()?.span(id)?;
    invocation_of(&span, settings)
}

/// The invocation of the nearest span that is in one: a filter of another layer may have hidden some.
fn invocation_of<'s, S: LookupSpan<'s>>(
    span: &SpanRef<'s, S>,
    settings: SettingsId,
) -> Option<Arc<Invocation>> {
    span.scope().find_map(|span| {
        let extensions = span.extensions();
        let known = extensions.get::<InSpans>()?.of(settings)?;
        Some(Arc::clone(&known.invocation))
    })
}

impl<S> Layer<S> for JsonLayer
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    fn on_layer(&mut self, _: &mut S) {
        self.find = Some(find::<S>);
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let fields = self.settings.fields(attributes.metadata(), |recorder| {
            attributes.record(recorder);
        });
        let known = match span.parent() {
            Some(parent) if !opens(attributes.metadata()) => {
                invocation_of(&parent, self.settings.id)
            }
            _ => None,
        };
        let is_first = known.is_none();
        let start = || Arc::new(Invocation::start(self.settings.sample_rate));
        let known = InSpan {
            settings: self.settings.id,
            fields,
            invocation: known.unwrap_or_else(start),
            is_first,
        };
        let mut extensions = span.extensions_mut();
        match extensions.get_mut::<InSpans>() {
            Some(spans) => spans.add(known),
            None => extensions.insert(InSpans::new(known)),
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        // Before the span is locked: a value's `Debug` may panic, or log on its own.
        let added = self
            .settings
            .fields(span.metadata(), |recorder| record.record(recorder));
        let mut extensions = span.extensions_mut();
        let spans = extensions.get_mut::<InSpans>();
        if let Some(known) = spans.and_then(|spans| spans.of_mut(self.settings.id)) {
            known.fields.extend(&added);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let settings = &*self.settings;
        let normalized = event.normalized_metadata();
        let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
        let innermost = context.event_span(event);
        let invocation = match &innermost {
            Some(span) if settings.minds_invocations() => invocation_of(span, settings.id),
            _ => None,
        };
        let fate = settings.fate(metadata, invocation.as_deref());
        if matches!(fate, Fate::Dropped) || writing::is_going_on() {
            return;
        }
        let mut scratch = Scratch::take();
        let callsite = scratch.callsites.get(event.metadata(), settings.id, || {
            Callsite::new(event.metadata(), &settings.rules)
        });
        let Scratch {
            line,
            message,
            location,
            own,
            stamp,
            ..
        } = &mut *scratch;
        event.record(&mut Recorder {
            rules: &settings.rules,
            callsite: &callsite,
            fields: own,
            message,
            location,
        });
        // From here on the program's own code is asked: its format, its writer.
        let _writing = writing::begin();
        if normalized.is_some() {
            write_location(location, metadata);
        }
        let location = if location.is_empty() {
            &callsite.location
        } else {
            &*location
        };
        settings.begin(line, &callsite.level, message, location, stamp);
        settings.put_keys(line, own, innermost.as_ref());
        line.extend_from_slice(b"}\n");
        match (fate, &settings.buffer, &invocation) {
            (Fate::Held, Some(buffer), Some(invocation)) => settings.hold(line, buffer, invocation),
            _ => {
                if *metadata.level() == Level::ERROR
                    && settings
                        .buffer
                        .is_some_and(|buffer| buffer.flushes_on_error)
                    && let Some(invocation) = &invocation
                {
                    settings.flush(invocation);
                }
                settings.write(line);
            }
        }
        scratch.give_back();
    }
}

impl Settings {
    /// The fields of a span, as it records them.
    fn fields(
        &self,
        metadata: &'static Metadata<'static>,
        record: impl FnOnce(&mut Recorder<'_>),
    ) -> Fields {
        let mut scratch = Scratch::take();
        let callsite = scratch
            .callsites
            .get(metadata, self.id, || Callsite::new(metadata, &self.rules));
        let mut fields = Fields::default();
        record(&mut Recorder {
            rules: &self.rules,
            callsite: &callsite,
            fields: &mut fields,
            message: &mut scratch.message,
            location: &mut scratch.location,
        });
        scratch.give_back();
        fields
    }

    /// Whether it makes a difference for what becomes of an event in which invocation it is.
    const fn minds_invocations(&self) -> bool {
        self.levels.may_be_raised() || self.buffer.is_some()
    }

    fn fate(&self, metadata: &Metadata<'_>, invocation: Option<&Invocation>) -> Fate {
        let level = *metadata.level();
        if !self.minds_invocations() {
            // The filter has seen to it.
            return Fate::Written;
        }
        let is_sampled = invocation.is_some_and(|invocation| invocation.is_sampled);
        if is_sampled && level <= Level::DEBUG {
            return Fate::Written;
        }
        if let Some(buffer) = &self.buffer
            && invocation.is_some()
            && !is_sampled
            && buffer.holds(level)
        {
            return Fate::Held;
        }
        if self.levels.has(metadata.target(), level) {
            Fate::Written
        } else {
            Fate::Dropped
        }
    }

    /// The standard parts, of which all but the time are JSON already.
    fn begin(
        &self,
        line: &mut Vec<u8>,
        level: &[u8],
        message: &[u8],
        location: &[u8],
        stamp: &mut Stamp,
    ) {
        for piece in &self.pieces {
            line.extend_from_slice(&piece.opening);
            match piece.part {
                Part::Level => line.extend_from_slice(level),
                Part::Location => line.extend_from_slice(location),
                Part::Message if message.is_empty() => line.extend_from_slice(b"\"\""),
                Part::Message => line.extend_from_slice(message),
                Part::Timestamp => self.put_time(line, stamp),
                // Its opening is all of it.
                Part::Service => {}
            }
        }
        if line.is_empty() {
            line.push(b'{');
        }
    }

    fn put_time(&self, line: &mut Vec<u8>, stamp: &mut Stamp) {
        let now = SystemTime::now();
        match self.rules.format.timestamp(now) {
            Some(text) => write::text(line, &text),
            None => {
                line.push(b'"');
                line.extend_from_slice(stamp.of(now));
                line.push(b'"');
            }
        }
    }

    /// The event's own keys, the appended ones, then those of spans from the inside out, as far as the
    /// invocation goes; a key that is there already is left out.
    fn put_keys<'s, S: LookupSpan<'s>>(
        &self,
        line: &mut Vec<u8>,
        own: &Fields,
        innermost: Option<&SpanRef<'s, S>>,
    ) {
        let begun = line.len();
        let mut seen = own.seen();
        line.extend_from_slice(own.json());
        let mut parent;
        let mut here = innermost;
        let mut depth = 0;
        // The keys that were appended, once the first span has told of which invocation; they stay the same
        // for as long as this is held.
        let mut appended = None;
        // Asked seldom: only for keys that `seen` cannot tell from others.
        let is_in_spans = |key: Marked<'_>, depth: usize| {
            let spans = innermost.map(SpanRef::scope).into_iter().flatten();
            spans.take(depth).any(|span| {
                let extensions = span.extensions();
                let known = extensions.get::<InSpans>();
                let known = known.and_then(|spans| spans.of(self.id));
                known.is_some_and(|known| known.fields.contains(key))
            })
        };
        while let Some(span) = here {
            let extensions = span.extensions();
            let known = extensions.get::<InSpans>();
            let known = known.and_then(|spans| spans.of(self.id));
            let is_first = known.is_some_and(|known| known.is_first);
            if let Some(known) = known {
                let appended = appended.get_or_insert_with(|| {
                    let shown = known.invocation.shown();
                    put_new(line, &shown, &mut seen, |key| own.contains(key));
                    shown
                });
                put_new(line, &known.fields, &mut seen, |key| {
                    own.contains(key) || appended.contains(key) || is_in_spans(key, depth)
                });
            }
            depth += 1;
            let next = if is_first { None } else { span.parent() };
            drop(extensions);
            parent = next;
            here = parent.as_ref();
        }
        put_new(line, &self.keys, &mut seen, |key| {
            let appended = appended.as_ref();
            own.contains(key)
                || appended.is_some_and(|appended| appended.contains(key))
                || is_in_spans(key, depth)
        });
        // A form of lines without any part has no key to put a comma after.
        if begun == 1 && line.len() > 1 {
            line.remove(1);
        }
    }

    fn hold(&self, line: &[u8], buffer: &Buffer, invocation: &Invocation) {
        if !invocation.held().keep(line, buffer.bytes) {
            self.write(line);
            self.say(
                Level::WARN,
                "a line is larger than the buffer; it was written at once",
            );
        }
    }

    /// Writes the lines that an invocation holds back.
    pub(super) fn flush(&self, invocation: &Invocation) {
        let _writing = writing::begin();
        let held = std::mem::take(&mut *invocation.held());
        let (lines, evicted) = held.into_parts();
        for line in lines {
            self.write(&line);
        }
        if evicted > 0 {
            let lines = if evicted == 1 { "line" } else { "lines" };
            let note = format!("the buffer was too small: {evicted} older {lines} not written");
            self.say(Level::WARN, &note);
        }
    }

    /// Writes a line of the logger's own, past all layers: it may be in the middle of an event.
    pub(super) fn say(&self, level: Level, message: &str) {
        let _writing = writing::begin();
        let mut line = Vec::with_capacity(256);
        let json = |text: &str| {
            let mut json = Vec::new();
            write::text(&mut json, text);
            json
        };
        self.begin(
            &mut line,
            &json(self.rules.format.level(&level)),
            &json(message),
            &json(OWN),
            &mut Stamp::default(),
        );
        line.extend_from_slice(b"}\n");
        self.write(&line);
    }

    /// One line, in one write.
    fn write(&self, line: &[u8]) {
        writing::count();
        if let Some(style) = &self.dev {
            return (self.write)(&style.line(line));
        }
        if line.len() > self.most_bytes {
            (self.write)(&cut::cut(line, self.most_bytes));
        } else {
            (self.write)(line);
        }
    }
}

/// Puts those fields on the line whose keys are not there yet.
fn put_new(
    line: &mut Vec<u8>,
    fields: &Fields,
    seen: &mut Seen,
    is_there: impl Fn(Marked<'_>) -> bool,
) {
    if seen.may_share(fields.seen()) {
        for (key, json) in fields.iter() {
            if !seen.may_have(key.mark()) || !is_there(key) {
                line.extend_from_slice(json);
            }
        }
    } else {
        line.extend_from_slice(fields.json());
    }
    seen.join(fields.seen());
}

/// Whether this thread is writing a line. A writer or a format that logs would be asked again for that line,
/// and so on; with one subscriber for the whole program tracing has no guard against it.
pub(super) mod writing {
    use std::cell::Cell;

    thread_local! {
        static DEPTH: Cell<u32> = const { Cell::new(0) };
        static LINES: Cell<u64> = const { Cell::new(0) };
    }

    pub(in super::super) struct Writing;

    pub(in super::super) fn begin() -> Writing {
        let _ = DEPTH.try_with(|depth| depth.set(depth.get() + 1));
        Writing
    }

    impl Drop for Writing {
        fn drop(&mut self) {
            let _ = DEPTH.try_with(|depth| depth.set(depth.get().saturating_sub(1)));
        }
    }

    pub(in super::super) fn is_going_on() -> bool {
        DEPTH.try_with(Cell::get).is_ok_and(|depth| depth > 0)
    }

    /// One line more.
    pub(in super::super) fn count() {
        let _ = LINES.try_with(|lines| lines.set(lines.get() + 1));
    }

    /// How many lines this thread has written.
    pub(in super::super) fn lines() -> u64 {
        LINES.try_with(Cell::get).unwrap_or_default()
    }
}

/// What a line is made in, kept from one to the next.
#[derive(Default)]
struct Scratch {
    line: Vec<u8>,
    message: Vec<u8>,
    location: Vec<u8>,
    own: Fields,
    stamp: Stamp,
    callsites: Cache,
}

thread_local! {
    /// Taken while it is used: a value's `Debug` may log on its own, and finds nothing here.
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

impl Scratch {
    /// More than this is not kept: one line of a megabyte should not cost that for ever.
    const MOST_KEPT: usize = 64 * 1024;

    fn take() -> Box<Self> {
        // Gone with its thread, in whose last moments somebody may still log.
        let kept = SCRATCH.try_with(Cell::take).unwrap_or_default();
        kept.unwrap_or_default()
    }

    fn give_back(mut self: Box<Self>) {
        let capacity = self.line.capacity() + self.message.capacity() + self.own.capacity();
        if capacity > Self::MOST_KEPT {
            (self.line, self.message, self.own) = Default::default();
        }
        self.line.clear();
        self.message.clear();
        self.location.clear();
        self.own.clear();
        let _ = SCRATCH.try_with(|scratch| scratch.set(Some(self)));
    }
}

impl fmt::Debug for JsonLayer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("JsonLayer")
            .field("levels", &self.settings.levels)
            .field("sample_rate", &self.settings.sample_rate)
            .field("buffer", &self.settings.buffer)
            .finish_non_exhaustive()
    }
}
