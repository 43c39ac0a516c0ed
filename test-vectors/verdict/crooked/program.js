export const a = {AIGC: {Label: '1', ContentProducer: name}};
