//! `#[derive(FromRow)]` for sqlx, without sqlx's own macros. Those check queries against a database at compile time, so
//! they need both database drivers and TLS on the compiler's side: SQLite and AWS-LC would be compiled twice. The trait
//! and the form of the attribute are sqlx's.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::{Data, DeriveInput, Field, Fields, parse_macro_input};

/// Implements `sqlx::FromRow`: each field comes from the column of its name, and a field with `#[sqlx(flatten)]` from the
/// same row.
#[proc_macro_derive(FromRow, attributes(sqlx))]
pub fn derive_from_row(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    from_row(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

fn from_row(input: &DeriveInput) -> syn::Result<Tokens> {
    let Data::Struct(data) = &input.data else {
        return Err(syn::Error::new_spanned(input, "only a struct can be read from a row"));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(syn::Error::new_spanned(input, "the fields need the names of columns"));
    };
    if !input.generics.params.is_empty() {
        return Err(syn::Error::new_spanned(
            &input.generics,
            "a struct that is read from a row has no parameters",
        ));
    }
    let (mut bounds, mut reads) = (Vec::new(), Vec::new());
    for field in &fields.named {
        let (name, ty) = (&field.ident, &field.ty);
        if is_flat(field)? {
            bounds.push(quote!(#ty: ::sqlx::FromRow<'r, R>));
            reads.push(quote!(#name: <#ty as ::sqlx::FromRow<'r, R>>::from_row(row)?));
        } else {
            let column = name.as_ref().map(ToString::to_string).unwrap_or_default();
            let column = column.trim_start_matches("r#");
            bounds.push(quote!(#ty: ::sqlx::Decode<'r, R::Database> + ::sqlx::Type<R::Database>));
            reads.push(quote!(#name: row.try_get(#column)?));
        }
    }
    let name = &input.ident;
    Ok(quote! {
        #[automatically_derived]
        impl<'r, R> ::sqlx::FromRow<'r, R> for #name
        where
            R: ::sqlx::Row,
            &'r str: ::sqlx::ColumnIndex<R>,
            #(#bounds,)*
        {
            fn from_row(row: &'r R) -> ::sqlx::Result<Self> {
                Ok(Self { #(#reads,)* })
            }
        }
    })
}

/// Whether the field has `#[sqlx(flatten)]`.
fn is_flat(field: &Field) -> syn::Result<bool> {
    let mut is_flat = false;
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("sqlx")) {
        attribute.parse_nested_meta(|meta| {
            is_flat = meta.path.is_ident("flatten");
            if is_flat { Ok(()) } else { Err(meta.error("only flatten is supported")) }
        })?;
    }
    Ok(is_flat)
}
