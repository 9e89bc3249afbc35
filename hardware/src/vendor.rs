//! placeholder
pub const fn is_scanner(_vendor: u16, _product: u16) -> bool {
    false
}
