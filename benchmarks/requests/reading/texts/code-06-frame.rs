//! Frames on the serial line. See docs/wire.md, section 4.
use std::io::{self, Read};

pub const START: u8 = 0xA7;
pub const ESCAPE: u8 = 0x1B;
pub const MAX_BODY: usize = 1020;
const CRC_POLY: u16 = 0x8005;

#[derive(Debug, PartialEq)]
pub enum FrameError {
    TooLong(usize),
    BadChecksum { wanted: u16, found: u16 },
    Truncated,
}

pub struct Frame {
    pub channel: u8,
    pub seq: u16,
    pub body: Vec<u8>,
}

impl Frame {
    pub fn is_urgent(&self) -> bool {
        self.channel & 0x80 != 0
    }

    pub fn read<R: Read>(mut from: R) -> io::Result<Result<Frame, FrameError>> {
        let mut head = [0u8; 6];
        from.read_exact(&mut head)?;
        let size = u16::from_le_bytes([head[4], head[5]]) as usize;
        if size > MAX_BODY {
            return Ok(Err(FrameError::TooLong(size)));
        }
        let mut body = vec![0; size];
        from.read_exact(&mut body)?;
        Ok(Ok(Frame { channel: head[0], seq: u16::from_be_bytes([head[1], head[2]]), body }))
    }
}
