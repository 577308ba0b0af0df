// The package lies outside of the example's folder ("file:../.."); one from the registry needs no configuration.
export default { server: { fs: { allow: ['../..'] } } }
